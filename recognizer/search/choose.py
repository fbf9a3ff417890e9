"""Which search suits a gallery: the exact one below a measured size, and wherever usearch is not installed."""

from importlib.util import find_spec

from recognizer.search.approximate import ApproximateSearch
from recognizer.search.base import Search
from recognizer.search.exact import ExactSearch

APPROXIMATE_FROM = 10_000_000  # faces; at a million the graph finds 9 of 10 and saves no time in batches (scaling.md)


def is_approximate(faces: int) -> bool:
    """Whether a gallery of so many faces is searched approximately."""
    return faces >= APPROXIMATE_FROM and find_spec("usearch") is not None


def new_search(dim: int, faces: int, *, threads: int = 1) -> Search:
    """An empty search for about so many vectors."""
    return ApproximateSearch(dim, threads=threads) if is_approximate(faces) else ExactSearch(dim)
