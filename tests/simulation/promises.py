"""What Glimpse promises, and the error that says which promise was broken."""

from enum import StrEnum


class Promise(StrEnum):
    """What every simulated run is held against."""

    NONE_LOST = "no kept event is lost"
    NONE_GIVEN_UP = "no subscriber is told that a kept event is lost"
    NONE_TWICE = "no event comes twice"
    IN_ORDER = "the events of a topic come in order, and a loss is told"
    UNCHANGED = "an event arrives as it was made"
    KEPT = "the outbox holds every event that it accepted"
    EVERY_END = "every track that was new ends once"
    END_AFTER_KILL = "tracks of a killed node get their end from the next start"
    RIGHT_NAMES = "nobody is named by a broken vector, and nobody by another's name"
    BOUNDED = "memory and files are bounded"
    NO_CRASH = "no fault ends the node or a subscriber"


class BrokenPromiseError(AssertionError):
    """A promise was broken at a simulated time, seconds."""

    def __init__(self, promise: Promise, what: str, at: float) -> None:
        super().__init__(f"{promise.value}: {what} (after {at:.1f} simulated seconds)")
        self.promise, self.at = promise, at
