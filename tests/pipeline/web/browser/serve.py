"""A real server of a protected room, in a thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.app import make_app
from pipeline.web.room import Room
from pipeline.web.security.secure import secure
from pipeline.web.security.server import make_server
from tests.pipeline.web.security.site import free_port


@contextmanager
def serve_room(room: Room, *, port: int = 0) -> Iterator[str]:
    """Gives the address of the page. port: 0 for a free one."""
    settings = WebSettings(
        address=f"127.0.0.1:{port or free_port()}", requests_per_minute=100_000, streams_per_user=200
    )
    page = secure(make_app(room), settings)
    server = make_server(page, settings, on_exit=room.live.hub.close)
    thread = threading.Thread(target=server.run, name="page")
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.01)
    try:
        yield f"http://{settings.address}"
    finally:
        server.should_exit = True
        thread.join()
