"""The real server on a socket: what HTTP itself lets somebody try."""

import asyncio
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.security.secure import secure
from pipeline.web.security.users import Users
from tests.pipeline.web.security.site import PASSWORD, free_port, make_site, raw, serve, token_in
from tests.pipeline.web.security.test_tls import make_certificate


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def served(tmp_path: Path, port: int) -> Iterator[int]:
    """The page without login, with a folder of static files and a secret beside it."""
    static = tmp_path / "static"
    static.mkdir()
    (static / "app.css").write_text("body {}")
    (tmp_path / "secret.txt").write_text("secret")
    (static / "link.txt").symlink_to(tmp_path / "secret.txt")
    settings = WebSettings(address=f"127.0.0.1:{port}")
    with serve(secure(make_site(static), settings), settings, header_seconds=0.3):
        yield port


TWO_LENGTHS = (
    b"POST /json HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
)


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def get(path: str, *headers: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def test_no_path_leaves_the_static_folder(served: int) -> None:
    paths = (
        "/static/../secret.txt /static/..%2fsecret.txt /static/%2e%2e/secret.txt /static/..%5csecret.txt"
        " /static/%2e%2e%2f%2e%2e%2fetc/passwd /static//etc/passwd /static/%2fetc%2fpasswd /static/app.css%00.js"
        " /static/....//secret.txt /static/%252e%252e%252fsecret.txt /static/link.txt /static/..;/secret.txt"
        " /static/%c0%ae%c0%ae/secret.txt /static/app.css/../../secret.txt /static/. /static/~root ../secret.txt"
        " /static/%0d%0asecret.txt"
    )
    assert status(raw(served, get("/static/app.css"))) == 200
    roundabout = (
        "/who/../admin/users",
        "/admin/./users",
        "/who/..%2fadmin/users",
        "/%2e%2e/who",
        "/a%5c..%5cb",
        "/who%00",
    )
    assert {status(raw(served, get(path))) for path in roundabout} == {400}
    answers = {path: raw(served, get(path)) for path in paths.split()}
    assert {path: status(answer) for path, answer in answers.items() if status(answer) not in (400, 404)} == {}
    assert not any(b"secret" in answer.partition(b"\r\n\r\n")[2] for answer in answers.values())


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (TWO_LENGTHS, 400),
        (b"POST /json HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", 400),
        (b"POST /json HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: +4\r\n\r\nabcd", 400),
        (b"POST /json HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0x4\r\n\r\nabcd", 400),
        (b"POST /json HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /json HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST /json HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400),
        (b"POST /json HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST /json HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n folded: x\r\n\r\n", 400),
        (b"GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\x00b\r\n\r\n", 400),
        (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: y\r\n" * 101 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"y" * 40_000 + b"\r\n\r\n", 431),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 405),
    ],
)
def test_requests_that_two_readers_could_read_in_two_ways_are_refused(served: int, request_: bytes, code: int) -> None:
    smuggled = get("/smuggled-page")
    answers = raw(served, request_ + smuggled)
    assert status(answers) in (code, 501) if code == 400 else status(answers) == code
    if code == 400:
        assert answers.count(b"HTTP/1.1 ") == 1  # the connection ends: what follows is not a request of its own


def test_a_body_without_end_is_refused(served: int) -> None:
    start = b"POST /json HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    declared = raw(served, start + b"Content-Length: 99999999999999999999999\r\n\r\n")
    assert status(declared) in (400, 413)
    assert b"connection: close" in declared.lower()
    with httpx.Client(base_url=f"http://127.0.0.1:{served}") as browser:
        token = token_in(browser.get("/").text)

        def endless() -> Iterator[bytes]:
            for _ in range(40):
                yield b"x" * 65_536

        headers = {"x-csrf-token": token}
        assert browser.post("/json", content=b"1" * 1_000_001, headers=headers).status_code == 413
        try:
            assert browser.post("/json", content=endless(), headers=headers).status_code == 413
        except httpx.WriteError:
            pass  # the server closed before all was sent
        assert browser.post("/json", content=b'"' + b"1" * 900_000 + b'"', headers=headers).status_code == 200


def test_headers_that_come_too_slowly_end_the_connection(served: int) -> None:
    for begin in (b"", b"GET / HTTP/1.1\r\nHost: 127", get("/").replace(b"close", b"keep-alive") + b"GET /"):
        start = time.monotonic()
        with socket.create_connection(("127.0.0.1", served), timeout=5) as slow:
            slow.sendall(begin)
            try:
                while slow.recv(65_536):
                    pass
            except ConnectionResetError:
                pass
        assert 0.1 < time.monotonic() - start < 3


def test_an_answer_that_goes_on_outlives_the_time_for_headers(served: int) -> None:
    with httpx.stream("GET", f"http://127.0.0.1:{served}/events") as stream:
        start, parts = time.monotonic(), stream.iter_bytes()
        while time.monotonic() - start < 0.7:
            assert next(parts)


def test_one_address_has_so_many_connections(port: int) -> None:
    settings = WebSettings(address=f"127.0.0.1:{port}")
    with serve(secure(make_site(), settings), settings, max_per_address=3):
        held = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(3)]
        for connection in held:  # a request on each: all are counted by now
            connection.sendall(get("/who").replace(b"close", b"keep-alive"))
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        assert raw(port, get("/who")) == b""
        for connection in held:
            connection.close()
        deadline = time.monotonic() + 5
        while not (answer := raw(port, get("/who"))) and time.monotonic() < deadline:
            pass
        assert status(answer) == 200


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("127.0.0.1", 200), ("localhost:8080", 200), ("[::1]:80", 200), ("watch.example.org", 200),
        ("WATCH.example.org.", 200), ("evil.example", 421),
        ("127.0.0.1.evil.example", 421), ("localhost.evil.example", 421), ("192.168.1.5", 421),
        ("watch.example.org.evil.example", 421), ("127.0.0.1@evil.example", 400), ("evil.example#127.0.0.1", 400),
        ("", 400),
        ("127.0.0.1:x", 400), ("2130706433", 421), ("127.1", 421),
    ],
)  # fmt: skip
def test_a_name_of_somebody_else_that_leads_here_is_refused(host: str, code: int) -> None:
    """DNS rebinding."""
    app = secure(make_site(), WebSettings(hosts=("watch.example.org",)))

    async def ask() -> int:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as browser:
            return (await browser.get("/who", headers={"host": host})).status_code

    assert asyncio.run(ask()) == code


@pytest.mark.timeout(30)
def test_over_tls_cookies_are_of_this_host_alone(
    settings: WebSettings, users: Users, port: int, tmp_path: Path
) -> None:
    certificate, key = make_certificate(tmp_path)
    settings = WebSettings(
        address=f"127.0.0.1:{port}", accounts=settings.accounts, certificate=str(certificate), key=str(key)
    )
    trust = ssl.create_default_context(cafile=str(certificate))
    with (
        serve(secure(make_site(), settings, users=users), settings),
        httpx.Client(base_url=f"https://localhost:{port}", verify=trust) as browser,
    ):
        token = token_in(browser.get("/login").text)
        answer = browser.post("/login", data={"name": "ada", "password": PASSWORD, "csrf": token})
        session, gone = answer.headers.get_list("set-cookie")
        assert session.startswith("__Host-glimpse_session=")
        assert "; Secure" in session
        assert "; Path=/;" in session
        assert "Domain" not in session
        assert gone.startswith('__Host-glimpse_browser="";')
        answer = browser.get("/who")
        assert answer.json()["name"] == "ada"
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        stolen = browser.cookies["__Host-glimpse_session"]
        browser.cookies.clear()
        browser.cookies.set("glimpse_session", stolen)  # a name that plain HTTP can set too
        assert browser.get("/who").status_code == 401
        old = ssl.create_default_context(cafile=str(certificate))
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            old.wrap_socket(plain, server_hostname="localhost") as tls,
        ):
            assert tls.version() == "TLSv1.2"
