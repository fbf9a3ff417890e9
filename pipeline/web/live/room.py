"""The live side of a watch room: listeners, the state that they share, and the hub that the browsers are at."""

import time
from collections.abc import Callable, Sequence

from pipeline.bus.address import check_connect
from pipeline.bus.client import Item
from pipeline.bus.curve_keys import load_client_keys
from pipeline.events import HealthEvent
from pipeline.web.live import messages
from pipeline.web.live.hub import Hub
from pipeline.web.live.items import as_message
from pipeline.web.live.listener import Listener
from pipeline.web.live.pictures import Pictures
from pipeline.web.live.state import LiveState

BEAT_SECONDS = 1.0
LOST = b"event: lost\ndata: {}\n\n"
"""What a program is sent at the begin, and where it missed events: ask for the state, then go on."""


class LiveRoom:
    """Nothing is listened to before `open`.

    addresses: buses; the first is the node's, others are such as the history's and the alerts'.
    previews: where nodes publish pictures.  on_item: set before `open`; called with all that is heard.
    curve: a client's folder made by `pipeline.curve`; empty: none.
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
        self.events = Hub(lambda: LOST)
        self.on_item: Callable[[Item], None] = _nothing
        listeners = [
            Listener(address, self._taker(is_node=number == 0), self.flush, curve=curve)
            for number, address in enumerate(addresses)
        ]
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

    def end_streams(self) -> None:
        """End the streams of browsers and programs; for the thread of the event loop."""
        self.hub.close()
        self.events.close()

    def _taker(self, *, is_node: bool) -> Callable[[Item], None]:
        """Takes what is heard at one bus. is_node: of cameras; others beat too, and tell nothing of cameras."""

        def take(item: Item) -> None:
            self.state.take(item)
            if is_node or not isinstance(item, HealthEvent):
                self.on_item(item)
            if message := as_message(item):
                self.events.publish(message)

        return take

    def close(self) -> None:
        """End the streams and stop listening; for the thread of the event loop."""
        self.end_streams()
        for part in self._parts:
            part.stop()


def _nothing(item: Item) -> None:
    """Nobody counts what is heard."""
