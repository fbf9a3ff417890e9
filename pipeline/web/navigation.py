"""Where the pages are: the links at their head."""

from typing import NamedTuple


class Place(NamedTuple):
    """A link at the head of each page."""

    path: str
    title: str


PLACES = (
    Place("/", "Live"),
    Place("/timeline", "Timeline"),
    Place("/search", "Search"),
)
