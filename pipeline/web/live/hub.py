"""Hands messages on to all browsers. A slow one loses what it did not fetch, and is given the whole state again."""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable

QUEUE_MESSAGES = 64  # of one browser: seconds of a busy room
INBOX_MESSAGES = 1000  # while the event loop is busy
MAX_BROWSERS = 256


class FullError(Exception):
    """There are as many browsers as the page serves."""


class Hub:
    """Between one thread that publishes and the browsers' coroutines in one event loop.

    snapshot: makes the message from which a browser begins, and goes on after a loss.
    """

    def __init__(self, snapshot: Callable[[], bytes], *, queue: int = QUEUE_MESSAGES) -> None:
        self._snapshot, self._queue = snapshot, queue
        self._inbox: deque[bytes] = deque(maxlen=INBOX_MESSAGES)
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._browsers: set[_Browser] = set()
        self._awaited = False  # whether the loop has been asked to empty the inbox
        self._overrun = self._closed = False

    @property
    def browsers(self) -> int:
        """How many are connected."""
        return len(self._browsers)

    def publish(self, message: bytes) -> None:
        """Send to all browsers; never waits. For any thread."""
        with self._lock:
            if self._loop is None or not self._browsers:
                return
            self._overrun |= len(self._inbox) == INBOX_MESSAGES
            self._inbox.append(message)
            if not self._awaited:
                self._awaited = True
                self._loop.call_soon_threadsafe(self._hand_out)

    async def messages(self) -> AsyncIterator[bytes]:
        """What one browser is sent, until the hub closes. Raises FullError."""
        if len(self._browsers) >= MAX_BROWSERS:
            raise FullError
        browser = _Browser(self._queue)
        with self._lock:
            self._loop = asyncio.get_running_loop()
            self._browsers.add(browser)
        try:
            while not self._closed:
                batch = await browser.next_batch()
                yield self._snapshot() if batch is None else b"".join(batch)
        finally:
            with self._lock:
                self._browsers.discard(browser)

    def close(self) -> None:
        """End all streams; for the thread of the event loop."""
        self._closed = True
        for browser in self._browsers:
            browser.wake()

    def _hand_out(self) -> None:
        with self._lock:
            messages, overrun = list(self._inbox), self._overrun
            self._inbox.clear()
            self._awaited = self._overrun = False
            browsers = list(self._browsers)
        for browser in browsers:
            browser.put(messages, lost=overrun)


class _Browser:
    """The queue of one browser; in the thread of the event loop alone. It begins as one that has lost something."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: list[bytes] = []
        self._lost = True
        self._ready = asyncio.Event()
        self._ready.set()

    def put(self, messages: list[bytes], *, lost: bool) -> None:
        self._waiting += messages
        if lost or len(self._waiting) > self._limit:
            self._lost = True
            self._waiting.clear()
        self._ready.set()

    async def next_batch(self) -> list[bytes] | None:
        """Wait for messages; None where some were lost."""
        await self._ready.wait()
        self._ready.clear()
        batch, self._waiting = self._waiting, []
        lost, self._lost = self._lost, False
        return None if lost else batch

    def wake(self) -> None:
        self._ready.set()
