"""A form that is read before the application reads it."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
from starlette.requests import Request
from starlette.types import Message, Scope

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.security.answers import RequestRefusedError
from pipeline.web.security.forms import MAX_FIELDS, read_field
from pipeline.web.security.secure import secure
from tests.pipeline.web.security.site import free_port, make_site, raw, serve

URLENCODED = "application/x-www-form-urlencoded"
WHO = b"GET /who HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
MULTIPART = "multipart/form-data; boundary=x"


def part(name: str, text: str, *, file: str = "") -> bytes:
    filename = f'; filename="{file}"' if file else ""
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{filename}\r\n\r\n{text}\r\n'.encode()


def read(kind: str, *pieces: bytes) -> tuple[str, bytes]:
    """The field `csrf`, and the body as the application reads it afterwards."""
    left = list(pieces)

    async def receive() -> Message:
        return {"type": "http.request", "body": left.pop(0) if left else b"", "more_body": bool(left)}

    async def both() -> tuple[str, bytes]:
        scope: Scope = {"type": "http", "method": "POST", "headers": [(b"content-type", kind.encode())]}
        value, again = await read_field(scope, receive, "csrf")
        return value, await Request(scope, again).body()

    return asyncio.run(both())


@pytest.mark.parametrize(
    ("kind", "body", "value"),
    [
        (URLENCODED, b"csrf=abc&x=1", "abc"),
        (URLENCODED, b"csrf=%C3%A9%00", "é\0"),
        (URLENCODED, b"csrf=%ff%zz", "\ufffd%zz"),
        (URLENCODED, b"csrf=a&csrf=b", "b"),
        (URLENCODED, b"", ""),
        (URLENCODED, b"&&;=%", ""),
        (URLENCODED.upper() + " ; charset=utf-8", b"csrf=abc", "abc"),
        (MULTIPART, part("csrf", "abc") + b"--x--\r\n", "abc"),
        (MULTIPART, part("csrf", "abc", file="a.txt") + b"--x--\r\n", ""),
        (MULTIPART, part("x", "abc") + b"--x--\r\n", ""),
        ("application/json", b'{"csrf": "abc"}', ""),
        ("", b"csrf=abc", ""),
    ],
)
def test_the_field_is_read_and_the_body_is_there_again(kind: str, body: bytes, value: str) -> None:
    assert read(kind, body) == (value, body)
    assert read(kind, *(body[at : at + 1] for at in range(len(body)))) == (value, body)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (MULTIPART, b"--y\r\n\r\n"),
        ("multipart/form-data", part("csrf", "abc")),
        (MULTIPART, b"--x\r\n" + b"A: b\r\n" * 10_000 + b"\r\nabc\r\n--x--\r\n"),
        (MULTIPART, part("csrf", "abc", file="a" * 100_000) + b"--x--\r\n"),
        (MULTIPART, part("x", "") * (MAX_FIELDS + 1) + b"--x--\r\n"),
        (URLENCODED, b"x=1&" * (MAX_FIELDS + 1)),
    ],
)
def test_a_damaged_form_and_one_with_too_many_fields_are_refused(kind: str, body: bytes) -> None:
    with pytest.raises(RequestRefusedError, match="the form is damaged") as refused:
        read(kind, body)
    assert refused.value.status == 400


@pytest.fixture
def port() -> Iterator[int]:
    number = free_port()
    settings = WebSettings(address=f"127.0.0.1:{number}")
    with serve(secure(make_site(), settings), settings):
        yield number


def test_a_browser_that_goes_away_within_its_form_is_no_failure_of_the_page(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Otherwise anybody could fill the log, with a traceback for each few bytes."""
    caplog.set_level(logging.DEBUG, "pipeline.web")
    head = f"POST /change HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {URLENCODED}\r\nContent-Length: 100\r\n\r\ncsrf="
    with closing(socket.create_connection(("127.0.0.1", port), timeout=5)) as connection:
        connection.sendall(head.encode())
    told: list[int] = []
    while not told:
        assert raw(port, WHO).startswith(b"HTTP/1.1 200")
        told = [record.levelno for record in caplog.records if record.name.startswith("pipeline.")]
    assert told == [logging.DEBUG]
    assert "POST /change" in caplog.text
