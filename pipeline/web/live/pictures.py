"""Keeps the newest picture of each camera, from a node's previews, while somebody looks."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from pipeline.bus.preview.client import receive_previews
from pipeline.bus.preview.message import Preview

log = logging.getLogger(__name__)

POLL_SECONDS = 0.2
LOOKING_SECONDS = 10.0  # after the last request; the node encodes nothing for nobody
JOIN_SECONDS = 3.0
MAX_CAMERAS = 1000


class Pictures:
    """The newest preview of each camera at `address`; receives only while `newest` is asked.

    on_picture: called in the thread with node, camera and number of each picture.
    """

    def __init__(
        self,
        address: str,
        on_picture: Callable[[str, str, int], None],
        *,
        curve: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address, self._curve, self._on_picture, self._clock = address, curve, on_picture, clock
        self._newest: dict[tuple[str, str], Preview] = {}
        self._asked = threading.Event()
        self._last_asked = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="page-pictures", daemon=True)

    def start(self) -> None:
        """Wait for the first who looks."""
        self._thread.start()

    def ask(self) -> None:
        """Somebody looks. For any thread."""
        self._last_asked = self._clock()
        self._asked.set()

    def newest(self, node: str, camera: str) -> bytes | None:
        """The newest picture, a JPEG file; None where there is none. For any thread."""
        self.ask()
        found = self._newest.get((node, camera))
        return found.jpeg if found else None

    def stop(self) -> None:
        """End the thread, and wait for it."""
        self._stop.set()
        self._asked.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_SECONDS)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._asked.wait()
            with _logged():
                self._receive()

    def _receive(self) -> None:
        """Receive until nobody has asked for a while; then forget the pictures, which are old when somebody comes."""
        with closing(receive_previews(self._address, curve=self._curve, timeout=POLL_SECONDS)) as previews:
            for preview in previews:
                if self._stop.is_set() or self._clock() - self._last_asked > LOOKING_SECONDS:
                    break
                if preview:
                    self._keep(preview)
        self._asked.clear()
        self._newest.clear()

    def _keep(self, preview: Preview) -> None:
        header = preview.header
        key = (header.node, header.camera)
        if key in self._newest or len(self._newest) < MAX_CAMERAS:
            self._newest[key] = preview
            self._on_picture(*key, header.seq)


@contextmanager
def _logged() -> Iterator[None]:
    """A thread that ends would leave the page without pictures, and nobody would know why."""
    try:
        yield
    except Exception:
        log.exception("the page receives no pictures; it tries again")
        time.sleep(1.0)
