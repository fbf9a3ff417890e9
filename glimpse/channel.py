"""A bounded queue between one thread that makes items and one that takes them, which either side can end."""

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Channel(Generic[T]):
    """Holds at most `size` items: `put` waits for room, `take` for an item. Before 3.13 queue.Queue cannot be ended."""

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"size: expected 1 or more, got {size}")
        self._size = size
        self._items: deque[T] = deque()
        self._changed = threading.Condition()
        self._ended = self._abandoned = False

    def put(self, item: T) -> None:
        """Add an item; waits for room, and drops the item once nobody takes any more."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._items) < self._size or self._abandoned)
            if not self._abandoned:
                self._items.append(item)
                self._changed.notify_all()

    def take(self) -> T | None:
        """The oldest item; waits for one. None when all are taken and no more can come."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._items) or self._ended)
            if not self._items:
                return None
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    def end(self) -> None:
        """No more items follow."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def abandon(self) -> None:
        """Nobody takes any more: forget what waits, and let `put` return at once."""
        with self._changed:
            self._items.clear()
            self._ended = self._abandoned = True
            self._changed.notify_all()
