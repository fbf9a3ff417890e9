"""What a bridge needs of the system that it passes entries on to, and what can be wrong there."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from pipeline.collect.entry import Entry


class Tip(NamedTuple):
    """The last entry that the other system has.

    number, key: of that entry. Where the system no longer has the entry itself, its key is empty, and its number None
    if the system cannot tell it.
    place: how the system counts it; 0: it never had one.
    """

    number: int | None
    key: str
    place: int


NOTHING = Tip(0, "", 0)


class Limit(NamedTuple):
    """The size that one entry may have. most: bytes, as `Target.size_of` counts.  setting: what says so, for people."""

    most: int
    setting: str


class MovedError(Exception):
    """The other system is not where it was: it lost something, or somebody else wrote."""


class Target(Protocol):
    """A system whose stream takes an entry only behind the one that the caller names.

    Each method raises OSError where the system is not reached or takes nothing now, and ValueError for a stream that is
    not ours.
    """

    @property
    def name(self) -> str:
        """How the bridge is called in the store and to people."""
        ...

    def tip(self) -> Tip:
        """Connect where that is needed, and ask for the last entry."""
        ...

    def limit(self) -> Limit:
        """The size that an entry may have, over the connection that there is."""
        ...

    def size_of(self, entry: Entry) -> int:
        """Bytes of an entry as the system counts them."""
        ...

    def place(self) -> int:
        """The place of the last entry, over the connection that there is."""
        ...

    def append(self, entries: Sequence[Entry], after: Tip) -> Tip:
        """Append all behind `after`, and wait until the system has them; at least one, none above the limit.

        Raises MovedError where its tip is another.
        """
        ...

    def close(self) -> None:
        """Give up the connection; may be called twice."""
        ...
