"""The live side of a watch room: listeners, the state that they share, and the hub that the browsers are at."""

import time
from collections.abc import Sequence

from pipeline.bus.address import check_connect
from pipeline.web.live import messages
from pipeline.web.live.hub import Hub
from pipeline.web.live.listener import Listener
from pipeline.web.live.state import LiveState

BEAT_SECONDS = 1.0


class LiveRoom:
    """Nothing is listened to before `open`. addresses: buses, such as the node's, the history's and the alerts'.

    Raises ValueError for an address to which nobody can connect.
    """

    def __init__(self, addresses: Sequence[str] = (), *, curve: str = "") -> None:
        for address in addresses:
            check_connect(address)
        self.state = LiveState()
        self.hub = Hub(lambda: messages.snapshot(self.state))
        self._listeners = [Listener(address, self.state, self.flush, curve=curve) for address in addresses]
        self._beat = 0.0

    def open(self) -> None:
        """Begin to listen."""
        for listener in self._listeners:
            listener.start()

    def flush(self) -> None:
        """Send the browsers what changed, and once a second how the nodes are."""
        if message := messages.changes(self.state.changes()):
            self.hub.publish(message)
        if time.monotonic() - self._beat >= BEAT_SECONDS:
            self._beat = time.monotonic()
            self.hub.publish(messages.beat(self.state))

    def close(self) -> None:
        """End the streams and stop listening; for the thread of the event loop."""
        self.hub.close()
        for listener in self._listeners:
            listener.stop()
