"""A small page behind `secure`, browsers that use it in this process, and a real server of it."""

import asyncio
import re
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx
from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.security.accounts import Accounts
from pipeline.web.security.accounts_file import AccountsFile
from pipeline.web.security.passwords import Passwords
from pipeline.web.security.roles import Role
from pipeline.web.security.server import PageServer, make_server

HOME = "http://127.0.0.1:8080"
PASSWORD = "correct horse battery"
PEOPLE = {"ada": Role.ADMIN, "otto": Role.OPERATOR, "vera": Role.VIEWER}
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def quick_passwords() -> Passwords:
    return Passwords(QUICK)


def make_accounts(path: Path) -> Path:
    """A file with the accounts of PEOPLE."""
    with AccountsFile(path, create=True) as file:
        accounts = Accounts(file, quick_passwords())
        for name, role in PEOPLE.items():
            accounts.add(name, PASSWORD, role, by="test")
    return path


class Clock:
    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


async def home(request: Request) -> Response:
    return HTMLResponse(f'<input type="hidden" name="csrf" value="{request.state.csrf}">')


async def who(request: Request) -> Response:
    user = request.state.user
    return JSONResponse(
        {
            "name": user.name,
            "role": user.role.word,
            "client": request.client.host,
            "url": str(request.url),
            "headers": sorted(request.headers),
        }
    )


async def change(request: Request) -> Response:
    async with request.form() as form:
        return PlainTextResponse("changed " + ", ".join(sorted(set(form) - {"csrf"})))


async def take_json(request: Request) -> Response:
    return JSONResponse(await request.json())


async def fail(_: Request) -> Response:
    raise RuntimeError("out of order")


async def events(_: Request) -> Response:
    async def stream() -> AsyncIterator[str]:
        while True:
            yield "data: tick\n\n"
            await asyncio.sleep(0.01)

    return StreamingResponse(stream(), media_type="text/event-stream")


def make_site(static: Path | None = None) -> Starlette:
    """Pages of every kind that the rules tell apart."""
    routes: list[Any] = [
        Route("/", home),
        Route("/who", who),
        Route("/change", change, methods=["POST", "DELETE"]),
        Route("/json", take_json, methods=["POST"]),
        Route("/admin/users", who, methods=["GET", "POST"]),
        Route("/account/sessions", who, methods=["GET", "POST"]),
        Route("/events", events),
        Route("/fail", fail),
        Route("/health", home),
    ]
    if static:
        routes.append(Mount("/static", StaticFiles(directory=static)))
    return Starlette(routes=routes)


class Browser:
    """Asks an application in this process, and keeps cookies."""

    def __init__(self, app: ASGIApp, home: str = HOME, *, address: str = "127.0.0.1") -> None:
        transport = httpx.ASGITransport(app, client=(address, 50_000), raise_app_exceptions=False)
        self._runner = asyncio.Runner()
        self.client = httpx.AsyncClient(transport=transport, base_url=home)

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        return self._runner.run(self.client.request(method, path, **request))

    def get(self, path: str, **request: Any) -> httpx.Response:
        return self.ask("GET", path, **request)

    def post(self, path: str, **request: Any) -> httpx.Response:
        return self.ask("POST", path, **request)

    def token(self, path: str = "/login") -> str:
        return token_in(self.get(path).text)

    def log_in(
        self, name: str = "ada", password: str = PASSWORD, *, next_page: str = "/", **request: Any
    ) -> httpx.Response:
        data = {"name": name, "password": password, "next": next_page, "csrf": self.token()}
        return self.post("/login", data=data, **request)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self.client.aclose())
        self._runner.close()


def token_in(text: str) -> str:
    match = re.search(r'name="csrf" value="([0-9a-f]{64})"', text)
    assert match
    return match[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def serve(app: ASGIApp, settings: WebSettings, **limits: Any) -> Iterator[PageServer]:
    """The real server, in a thread of its own."""
    server = make_server(app, settings, **limits)
    thread = threading.Thread(target=server.run, name="page")
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.01)
    try:
        assert server.started
        yield server
    finally:
        server.should_exit = True
        thread.join()


def raw(port: int, request: bytes, *, timeout: float = 5.0) -> bytes:
    """All that the server answers to these bytes until it closes or waits for more for half a second."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        connection.sendall(request)
        connection.settimeout(0.5)
        return b"".join(_read(connection))


def _read(connection: socket.socket) -> Iterator[bytes]:
    try:
        while part := connection.recv(65_536):
            yield part
    except (TimeoutError, ConnectionResetError):
        return
