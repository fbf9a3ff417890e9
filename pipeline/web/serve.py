"""Serves the page with uvicorn until Ctrl-C or SIGTERM."""

from pathlib import Path
from typing import Any

import uvicorn

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.live.room import LiveRoom

GRACE_SECONDS = 3


class Server(uvicorn.Server):
    """Ends the streams of the browsers first: uvicorn would wait for them."""

    def __init__(self, config: uvicorn.Config, live: LiveRoom) -> None:
        super().__init__(config)
        self._live = live

    async def shutdown(self, sockets: Any = None) -> None:
        self._live.hub.close()
        await super().shutdown(sockets)


def make_server(app: Any, settings: WebSettings, live: LiveRoom) -> Server:
    """A server of an ASGI application at `settings.address`. Raises ValueError for an address without a port."""
    host, port = host_and_port(settings.address)
    secure = {"ssl_certfile": settings.certificate, "ssl_keyfile": settings.key} if settings.certificate else {}
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # pipeline.web.security believes proxies, and only those of the settings
        timeout_graceful_shutdown=GRACE_SECONDS,
        **secure,  # type: ignore[arg-type]
    )
    return Server(config, live)


def page_url(settings: WebSettings) -> str:
    """Where a browser finds the page."""
    host, port = host_and_port(settings.address)
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if settings.certificate else 'http'}://{shown}:{port}"


def host_and_port(address: str) -> tuple[str, int]:
    """HOST:PORT or [HOST]:PORT. Raises ValueError."""
    host, found, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (found and host and port.isdecimal() and port.isascii() and 0 <= int(port) <= 65535):
        raise ValueError(f"web.address: expected HOST:PORT such as 127.0.0.1:8080, got {Path(address).name!r}")
    return host, int(port)
