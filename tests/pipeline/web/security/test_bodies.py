"""Bodies that come too slowly, and the limits of each kind."""

import asyncio

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from pipeline.web.security.bodies import BodyLimit, body_limit
from tests.pipeline.web.security.site import Browser


def scope(path: str = "/x", *headers: tuple[bytes, bytes]) -> Scope:
    return {"type": "http", "method": "POST", "path": path, "headers": list(headers), "query_string": b""}


@pytest.mark.parametrize(
    ("path", "kind", "limit"),
    [
        ("/x", b"multipart/form-data; boundary=x", 7_000_000),
        ("/x", b"Multipart/Form-Data; boundary=x", 7_000_000),
        ("/x", b"application/json", 1_000_000),
        ("/login", b"multipart/form-data; boundary=x", 16_384),
    ],
)
def test_each_kind_has_its_limit(path: str, kind: bytes, limit: int) -> None:
    assert body_limit(scope(path, (b"content-type", kind)), 7_000_000) == limit


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(str(len(body)))(scope, receive, send)


async def swallow(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers 500 by itself when its body fails."""
    try:
        await echo(scope, receive, send)
    except Exception:
        await PlainTextResponse("mine", 500)(scope, receive, send)


def status(app: BodyLimit, parts: list[bytes], *, stall: bool = False) -> int:
    """What the application answers to a body in these parts; stall: it never ends."""
    sent: list[Message] = []
    left = list(parts)

    async def receive() -> Message:
        if not left and stall:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left) or stall}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(app(scope(), receive, send))
    statuses = [message["status"] for message in sent if message["type"] == "http.response.start"]
    assert len(statuses) == 1
    return int(statuses[0])


@pytest.mark.parametrize("app", [echo, swallow])
def test_a_body_in_parts_is_counted(app: Receive) -> None:
    limited = BodyLimit(app, lambda _: 10)  # type: ignore[arg-type]
    assert status(limited, [b"12345", b"67890"]) == 200
    assert status(limited, [b"12345", b"67890", b"1"]) == 413


@pytest.mark.parametrize("app", [echo, swallow])
def test_a_body_that_stalls_is_given_up(app: Receive) -> None:
    assert status(BodyLimit(app, lambda _: 10, pause_seconds=0.05), [b"1"], stall=True) == 408  # type: ignore[arg-type]


def test_a_login_is_short(browser: Browser) -> None:
    form = {"name": "ada", "password": "x" * 20_000, "csrf": browser.token()}
    answer = browser.post("/login", data=form)
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"
