"""The uvicorn server of the page, with its limits and its certificate."""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.security.connections import limited_connection
from pipeline.web.security.exposure import check_exposure, split_address
from pipeline.web.security.networks import Networks
from pipeline.web.security.tls import TlsFiles

MAX_CONNECTIONS = 1000
MAX_HEADER_BYTES = 32_768
KEEP_ALIVE_SECONDS = 5
SHUTDOWN_SECONDS = 3
_LOG = logging.getLogger(__name__)


class PageServer(uvicorn.Server):
    """Takes up a renewed certificate on SIGHUP; a wrong one is logged, and the one before stays in use."""

    def __init__(self, config: uvicorn.Config, tls: TlsFiles | None, on_exit: Callable[[], None]) -> None:
        super().__init__(config)
        self._tls, self._on_exit = tls, on_exit

    async def startup(self, sockets: Any = None) -> None:
        """uvicorn: once the loop runs."""
        await super().startup(sockets)
        if self._tls and threading.current_thread() is threading.main_thread():
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.reload_certificate)

    async def shutdown(self, sockets: Any = None) -> None:
        """uvicorn: waits for open requests, so streams must have been told to end."""
        self._on_exit()
        await super().shutdown(sockets)

    def reload_certificate(self) -> None:
        """Read the files of the certificate again."""
        assert self._tls
        try:
            self._tls.reload()
        except (OSError, ValueError) as error:
            _LOG.error("the certificate stays as it is: %s", error)
        else:
            _LOG.info("the certificate was read again")


def make_server(
    app: ASGIApp, settings: WebSettings, *, on_exit: Callable[[], None] = lambda: None, **limits: Any
) -> PageServer:
    """A server for `secure(app, settings)`; `.run()` serves until SIGINT or SIGTERM.

    on_exit: called before open requests are waited for.
    limits: of `LimitedConnection`, for tests. Raises ValueError and OSError, as check_exposure and TlsFiles do.
    """
    check_exposure(settings)
    host, port = split_address(settings.address)
    tls = TlsFiles(Path(settings.certificate), Path(settings.key)) if settings.certificate else None
    proxies = Networks(settings.trusted_proxies, setting="web.trusted_proxies")
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="asyncio",
        http=limited_connection(proxies, **limits),
        ws="none",
        ssl_context_factory=(lambda *_: tls.context) if tls else None,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
    )
    return PageServer(config, tls, on_exit)
