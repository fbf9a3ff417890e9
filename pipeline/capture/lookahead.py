"""Looks at items of an iterator before they are taken."""

from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Lookahead(Generic[T]):
    """An iterator whose next items can be seen. An error of the source is raised after the items before it."""

    def __init__(self, source: Iterator[T]) -> None:
        self._source = source
        self._waiting: deque[T] = deque()
        self._error: BaseException | None = None
        self._exhausted = False

    def peek(self, count: int) -> list[T]:
        """Return up to `count` next items without taking them: fewer at the end; [] when there are no more."""
        while len(self._waiting) < count and not self._exhausted:
            self._read()
        if self._error and not self._waiting:
            raise self._error
        return list(self._waiting)[:count]

    def take(self) -> T:
        """Remove and return an item that `peek` has shown."""
        return self._waiting.popleft()

    def _read(self) -> None:
        try:
            self._waiting.append(next(self._source))
        except StopIteration:
            self._exhausted = True
        except Exception as error:
            self._exhausted, self._error = True, error
