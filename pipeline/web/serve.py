"""Puts login, limits and headers around the pages, and says where a browser finds them."""

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.live.room import LiveRoom
from pipeline.web.security.exposure import check_exposure, split_address
from pipeline.web.security.secure import secure
from pipeline.web.security.server import PageServer, make_server
from pipeline.web.security.users import open_users


@contextmanager
def open_server(app: ASGIApp, settings: WebSettings, live: LiveRoom) -> Iterator[PageServer]:
    """A server of the pages that is ready to run, with the accounts of the settings open.

    Raises OSError, and ValueError with what to do, for settings that would let strangers in and for accounts or a
    certificate that cannot be used.
    """
    check_exposure(settings)
    users = open_users(settings)
    try:
        yield make_server(secure(app, settings, users=users), settings, end_streams=live.hub.close)
    finally:
        if users:
            users.close()


def page_url(settings: WebSettings) -> str:
    """Where a browser finds the page."""
    host, port = split_address(settings.address)
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if settings.certificate else 'http'}://{shown}:{port}"
