"""Finds out where a camera redirects to, before FFmpeg is given the password.

FFmpeg follows a redirect of RTSP to any host and logs in there with the same password, and it has no option against it.
So the first requests of a session (OPTIONS and DESCRIBE, RFC 2326) are made here, without playing anything; FFmpeg gets
the URL at which the camera no longer redirects. Over HTTP, FFmpeg is told to follow no redirect, and the request is
made here only after it has refused one. A redirect to another host is refused unless the settings allow that host.
"""

import errno
import logging
import re
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pipeline.capture.login import answer_challenge, asks_only_basic
from pipeline.capture.source_url import SourceUrl, SourceUrlError, parse_source_url
from pipeline.capture.sources import Source

logger = logging.getLogger(__name__)

MAX_REDIRECTS = 5
POLL_SECONDS = 0.1
MAX_HEAD_BYTES = 64 << 10
DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
ENCRYPTED = {"rtsp": "rtsps", "http": "https"}

_warned: set[str] = set()
_warned_lock = threading.Lock()


class RedirectError(Exception):
    """The camera redirects to where it may not; the message names the host and the setting."""


class WrongLoginError(Exception):
    """The camera refuses user and password."""


@dataclass(frozen=True)
class Answer:
    """A response: its status, and its headers by name in lower case, each with all its values."""

    status: int
    headers: Mapping[str, Sequence[str]] = field(repr=False)

    @property
    def redirects(self) -> bool:
        return 300 <= self.status < 400 and bool(self.location)

    @property
    def location(self) -> str:
        return next(iter(self.headers.get("location", ())), "")

    @property
    def challenges(self) -> Sequence[str]:
        return self.headers.get("www-authenticate", ())


def resolve_redirects(source: Source, give_up: Callable[[], bool]) -> str:
    """The URL at which a camera no longer redirects; the source's location where it does not.

    give_up: asked ten times a second. Raises RedirectError, WrongLoginError, and OSError where the camera does not
    answer.
    """
    url = parse_source_url(source.location)
    hosts = {url.host.lower(), *(host.lower() for host in source.redirect_hosts)}
    redirected = False
    for _ in range(MAX_REDIRECTS + 1):
        answer = _ask(url, source.name, give_up)
        if not answer.redirects:
            return url.location if redirected else source.location
        url, redirected = _follow(url, answer.location, hosts), True
    raise RedirectError(f"the camera redirects more than {MAX_REDIRECTS} times")


def _follow(url: SourceUrl, location: str, hosts: set[str]) -> SourceUrl:
    """Where a redirect leads, with the login. Raises RedirectError where it may not lead there."""
    try:
        target = parse_source_url(location if "://" in location else _absolute(url, location))
    except SourceUrlError:
        raise RedirectError("the camera redirects to an address that is no URL of a camera") from None
    if target.scheme not in (url.scheme, ENCRYPTED.get(url.scheme)):
        raise RedirectError(f"the camera redirects from {url.scheme} to {target.scheme}")
    if target.host.lower() not in hosts:
        raise RedirectError(
            f"the camera redirects to another host, {target.host}; if that is right, write it into allow_redirect_hosts"
        )
    return SourceUrl(target.scheme, target.login or url.login, target.host, target.port, target.rest)


def _absolute(url: SourceUrl, location: str) -> str:
    """A redirect within the host: `/other?x=1`, or `other` beside the path that was asked for."""
    port = f":{url.port}" if url.port else ""
    folder = "" if location.startswith("/") else f"{url.path.rpartition('/')[0]}/"
    return f"{url.scheme}://{url.host}{port}{folder}{location}"


def _ask(url: SourceUrl, camera: str, give_up: Callable[[], bool]) -> Answer:
    """Ask what is at a URL, without a login and then, where one is asked for, with it."""
    with _connect(url, give_up) as connection:
        requests = _Requests(connection, url, give_up)
        answer = requests.options()
        if not answer.redirects:
            answer = requests.describe()
        if answer.status != 401 or not url.login:
            return answer
        if asks_only_basic(answer.challenges) and url.scheme in ENCRYPTED:
            _warn_of_basic(camera, url.scheme)
        authorization = answer_challenge(answer.challenges, url.encoded_login, requests.method, requests.uri)
        if not authorization:
            return answer  # FFmpeg may know how
        if url.is_rtsp:  # a nonce may be good for this connection only
            return _check_login(requests.describe(authorization))
    with _connect(url, give_up) as connection:
        return _check_login(_Requests(connection, url, give_up).describe(authorization))


def _check_login(answer: Answer) -> Answer:
    """Raise WrongLoginError here rather than let FFmpeg fail once more: cameras lock users out who fail often."""
    if answer.status == 401 and not any("stale" in challenge.lower() for challenge in answer.challenges):
        raise WrongLoginError
    return answer


class _Requests:
    """The first requests of a session over one connection."""

    def __init__(self, connection: socket.socket, url: SourceUrl, give_up: Callable[[], bool]) -> None:
        self._connection, self._give_up, self._rtsp, self._count = connection, give_up, url.is_rtsp, 0
        self._host = f"{url.host}:{url.port or DEFAULT_PORTS[url.scheme]}"
        path = url.rest.partition("#")[0]
        self.method = "DESCRIBE" if self._rtsp else "GET"
        self.uri = f"{url.scheme}://{self._host}{path}" if self._rtsp else f"/{path.removeprefix('/')}"

    def options(self) -> Answer:
        """Over RTSP, what FFmpeg asks first; HTTP has nothing like it."""
        return self._request("OPTIONS", []) if self._rtsp else Answer(200, {})

    def describe(self, authorization: str = "") -> Answer:
        """Ask what is there."""
        headers = ["Accept: application/sdp" if self._rtsp else "Accept: */*"]
        return self._request(self.method, headers + [f"Authorization: {authorization}"] * bool(authorization))

    def _request(self, method: str, headers: list[str]) -> Answer:
        self._count += 1
        protocol, first = ("RTSP/1.0", f"CSeq: {self._count}") if self._rtsp else ("HTTP/1.1", f"Host: {self._host}")
        lines = [f"{method} {self.uri} {protocol}", first, "User-Agent: Glimpse", *headers, "", ""]
        self._connection.sendall("\r\n".join(lines).encode())
        return _read_answer(self._connection, self._give_up)


def _read_answer(connection: socket.socket, give_up: Callable[[], bool]) -> Answer:
    """Read the headers of a response and, over RTSP, its body: the next response follows it."""
    data = b""
    while b"\r\n\r\n" not in data and len(data) < MAX_HEAD_BYTES:
        data += _receive(connection, give_up)
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("utf-8", "replace").split("\r\n")
    status = re.match(r"(?:RTSP|HTTP)/\d\.\d (\d{3})\b", first)
    if not status:
        raise ConnectionResetError("the answer is neither RTSP nor HTTP")
    headers: dict[str, list[str]] = {}
    for name, _, value in (line.partition(":") for line in lines):
        headers.setdefault(name.strip().lower(), []).append(value.strip())
    size = headers.get("content-length", [""])[0]
    missing = int(size) - len(body) if first.startswith("RTSP") and re.fullmatch("[0-9]{1,6}", size) else 0
    while missing > 0:
        missing -= len(_receive(connection, give_up))
    return Answer(int(status[1]), headers)


def _receive(connection: socket.socket, give_up: Callable[[], bool]) -> bytes:
    """The next bytes. Raises ConnectionResetError at the end of the connection."""
    while True:
        try:
            data = connection.recv(4096)
        except (TimeoutError, ssl.SSLWantReadError):
            _check(give_up)
            continue
        if not data:
            raise ConnectionResetError("the camera closed the connection")
        return data


@contextmanager
def _connect(url: SourceUrl, give_up: Callable[[], bool]) -> Iterator[socket.socket]:
    """A connection whose reads return within POLL_SECONDS. Raises OSError as the last address tried does."""
    host = url.host.strip("[]")
    addresses = socket.getaddrinfo(host, url.port or DEFAULT_PORTS[url.scheme], type=socket.SOCK_STREAM)
    error = OSError(errno.EHOSTUNREACH, "no address")
    for family, kind, protocol, _, address in addresses:
        with socket.socket(family, kind, protocol) as connection:
            if code := _connect_to(connection, address, give_up):
                error = OSError(code, "cannot connect")
                continue
            connection.settimeout(POLL_SECONDS)
            if url.scheme in ENCRYPTED:
                yield connection
            else:
                with _encrypt(connection, host, give_up) as encrypted:
                    yield encrypted
            return
    raise error


def _connect_to(connection: socket.socket, address: Any, give_up: Callable[[], bool]) -> int:
    """Connect; returns the error number, 0 for none."""
    connection.setblocking(False)
    if (code := connection.connect_ex(address)) not in (0, errno.EINPROGRESS):
        return code
    while not select.select([], [connection], [], POLL_SECONDS)[1]:
        _check(give_up)
    return connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


def _encrypt(connection: socket.socket, host: str, give_up: Callable[[], bool]) -> ssl.SSLSocket:
    """TLS without a check of the certificate, as FFmpeg does: cameras sign theirs themselves."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    encrypted = context.wrap_socket(connection, server_hostname=host, do_handshake_on_connect=False)
    while True:
        try:
            encrypted.do_handshake()
            return encrypted
        except (TimeoutError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            _check(give_up)


def _check(give_up: Callable[[], bool]) -> None:
    if give_up():
        raise TimeoutError("no answer")


def _warn_of_basic(camera: str, scheme: str) -> None:
    with _warned_lock:
        if camera in _warned:
            return
        _warned.add(camera)
    logger.warning(
        "%s: the camera asks for Basic authentication over %s, which shows the password to everybody on the network;"
        " use %s, or Digest in the camera's settings",
        camera,
        scheme,
        ENCRYPTED[scheme],
    )
