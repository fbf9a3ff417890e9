"""How new the people are that a node compares with."""

from typing import NamedTuple


class Freshness(NamedTuple):
    """number: of the newest change that is in the copy.  age: seconds since it was confirmed as the newest of all.

    max_age: seconds after which nobody is named without that.
    """

    number: int
    age: float
    max_age: float

    @property
    def is_stale(self) -> bool:
        """Whether nobody may be named."""
        return not self.age <= self.max_age
