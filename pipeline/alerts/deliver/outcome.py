"""What became of an attempt to deliver."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver took it. answer: what it said, for people; without secrets."""

    answer: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The receiver will never take this message; the next one may be sent. reason: a sentence without secrets."""

    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """To be tried again. after: seconds that the receiver asked for; None where it did not. reason: as above."""

    reason: str
    after: float | None = None


Outcome = Delivered | Refused | Later
