"""The live side of a watch room: listeners, the state that they share, and the hub that the browsers are at."""

import time
from collections.abc import Callable, Sequence

from pipeline.bus.address import check_connect
from pipeline.bus.curve_keys import load_client_keys
from pipeline.web.live import messages
from pipeline.web.live.hub import Hub
from pipeline.web.live.listener import Listener
from pipeline.web.live.pictures import Pictures
from pipeline.web.live.state import LiveState

BEAT_SECONDS = 1.0


class LiveRoom:
    """Nothing is listened to before `open`. addresses: buses, such as the node's, the history's and the alerts'.

    previews: where nodes publish pictures.  curve: a client's folder made by `pipeline.curve`; empty: none.
    Raises ValueError for an address to which nobody can connect, and for keys that are missing.
    """

    def __init__(
        self,
        addresses: Sequence[str] = (),
        *,
        previews: Sequence[str] = (),
        curve: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        for address in (*addresses, *previews):
            check_connect(address)
        if curve:
            load_client_keys(curve)
        self.state = LiveState(clock)
        self.hub = Hub(lambda: messages.snapshot(self.state))
        listeners = [Listener(address, self.state, self.flush, curve=curve) for address in addresses]
        self._pictures = [Pictures(address, self.state.note_picture, curve=curve) for address in previews]
        self._parts: list[Listener | Pictures] = [*listeners, *self._pictures]
        self._clock, self._beat = clock, 0.0

    def open(self) -> None:
        """Begin to listen."""
        for part in self._parts:
            part.start()

    def picture(self, node: str, camera: str) -> bytes | None:
        """The newest picture of a camera, JPEG; None where there is none (yet)."""
        return next((jpeg for source in self._pictures if (jpeg := source.newest(node, camera))), None)

    def look(self) -> None:
        """Somebody opened the page: ask for pictures."""
        for source in self._pictures:
            source.ask()

    def flush(self) -> None:
        """Send the browsers what changed, and once a second how the nodes are."""
        if message := messages.changes(self.state.changes()):
            self.hub.publish(message)
        if self._clock() - self._beat >= BEAT_SECONDS:
            self._beat = self._clock()
            self.hub.publish(messages.beat(self.state))

    def close(self) -> None:
        """End the streams and stop listening; for the thread of the event loop."""
        self.hub.close()
        for part in self._parts:
            part.stop()
