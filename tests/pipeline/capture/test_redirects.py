"""A camera may redirect within its host, and to another only where the settings say so. Real sockets, a real camera."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import pytest

from pipeline.capture import redirects
from pipeline.capture.redirects import RedirectError, WrongLoginError, resolve_redirects
from pipeline.capture.sources import Source, parse_source
from pipeline.capture.stream import RTSP_OPTIONS, Stream, classify_error
from pipeline.capture.video_file import open_recording
from tests.synthetic.redirecting import Asked, answering_server
from tests.synthetic.rtsp import RtspServer, rtsp_server
from tests.synthetic.video import numbered, write_clip

PASSWORD = "s3cr3t@?=:/x"
DIGEST = '401 Unauthorized\r\nWWW-Authenticate: Digest realm="cam", nonce="n1"'
BASIC = '401 Unauthorized\r\nWWW-Authenticate: Basic realm="cam"'


def camera(port: int, *, scheme: str = "rtsp", hosts: tuple[str, ...] = (), path: str = "/live") -> Source:
    (source,) = parse_source(f"{scheme}://viewer:{PASSWORD}@127.0.0.1:{port}{path}", name="cam")
    return replace(source, redirect_hosts=hosts)


def moved(url: str) -> str:
    return f"302 Moved\r\nLocation: {url}"


def resolve(source: Source) -> str:
    return resolve_redirects(source, lambda: False)


def first_frame(source: Source) -> bool:
    with Stream(source, open_timeout=5, read_timeout=5) as stream:
        return next(stream.frames()).frame.width > 0


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", numbered(10), fps=24)


@pytest.fixture(scope="module")
def elsewhere(clip: Path) -> Iterator[RtspServer]:
    """The same camera under another host."""
    with rtsp_server({"main": clip}, user="viewer", password=PASSWORD, host="127.0.0.2") as server:
        yield server


def test_a_redirect_to_another_host_is_refused_before_anything_is_sent_there() -> None:
    with answering_server(lambda asked: "200 OK", host="127.0.0.2") as other:
        with answering_server(lambda asked: moved(f"rtsp://127.0.0.2:{other.port}/x")) as server:
            with pytest.raises(RedirectError, match=r"another host, 127\.0\.0\.2; .* allow_redirect_hosts") as caught:
                Stream(camera(server.port), open_timeout=5, read_timeout=5)
    assert other.connections == 0
    failure = classify_error(caught.value)
    assert failure.persistent
    assert "s3cr3t" not in failure.reason


def test_ffmpeg_alone_follows_to_any_host_with_the_password() -> None:
    """If this fails, FFmpeg has learnt not to, and the module can go."""
    with answering_server(lambda asked: "404 Not Found" if asked.authorization else BASIC, host="127.0.0.2") as other:
        with answering_server(lambda asked: moved(f"rtsp://127.0.0.2:{other.port}/x")) as server:
            with pytest.raises(av.error.HTTPNotFoundError):
                av.open(camera(server.port).location, options=RTSP_OPTIONS, timeout=5)
    assert any(asked.authorization for asked in other.asked)


def test_a_camera_that_redirects_only_ffmpeg_is_not_caught() -> None:
    """If this fails, docs/security.md promises too little."""
    with answering_server(lambda asked: "404 Not Found" if asked.authorization else BASIC, host="127.0.0.2") as other:

        def answers(asked: Asked) -> str:
            return "200 OK" if server.connections == 1 else moved(f"rtsp://127.0.0.2:{other.port}/x")

        with answering_server(answers) as server, pytest.raises(av.error.HTTPNotFoundError):
            Stream(camera(server.port), open_timeout=5, read_timeout=5)
    assert any(asked.authorization.startswith("Basic ") for asked in other.asked)


@pytest.mark.parametrize("challenge", [DIGEST, BASIC])
def test_neither_is_one_that_comes_after_the_login(challenge: str) -> None:
    def answers(asked: Asked) -> str:
        return moved("rtsp://127.0.0.2:9/x") if asked.authorization else challenge

    with answering_server(answers) as server, pytest.raises(RedirectError, match=r"127\.0\.0\.2"):
        resolve(camera(server.port))


def test_an_allowed_host_gets_the_password(elsewhere: RtspServer) -> None:
    with answering_server(lambda asked: moved(f"rtsp://127.0.0.2:{elsewhere.port}/main")) as server:
        assert first_frame(camera(server.port, hosts=("127.0.0.2",)))
        with pytest.raises(RedirectError):
            first_frame(camera(server.port, hosts=("127.0.0.3",)))


def test_a_redirect_within_the_host_is_followed(clip: Path) -> None:
    with rtsp_server({"main": clip}, user="viewer", password=PASSWORD) as target:
        with answering_server(lambda asked: moved(f"rtsp://127.0.0.1:{target.port}/main")) as server:
            assert first_frame(camera(server.port))


def test_a_path_alone_stays_on_the_host_and_keeps_the_login() -> None:
    def answers(asked: Asked) -> str:
        return "200 OK" if asked.url.endswith("/b?x=1") else moved("/b?x=1")

    with answering_server(answers) as server:
        source = camera(server.port)
        login = source.location.partition("@")[0]
        assert resolve(source) == f"{login}@127.0.0.1:{server.port}/b?x=1"


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("rtsp://127.0.0.1:{port}/again", "more than 5 times"),
        ("http://127.0.0.1:{port}/x", "from rtsp to http"),
        ("file:///etc/passwd", "no URL of a camera"),
        ("rtsp://127.0.0.1@127.0.0.2/x", r"another host, 127\.0\.0\.2"),
        ("rtsp://127.0.0.1:12/@127.0.0.2/x", "no URL of a camera"),
        ("rtsp://127.0.0.1.evil.example/x", r"another host, 127\.0\.0\.1\.evil\.example"),
    ],
)
def test_where_no_redirect_may_lead(location: str, message: str) -> None:
    port = [0]
    with answering_server(lambda asked: moved(location.format(port=port[0]))) as server:
        port[0] = server.port
        with pytest.raises(RedirectError, match=message):
            resolve(camera(server.port))


def test_a_camera_that_does_not_redirect_keeps_its_url() -> None:
    with answering_server(lambda asked: "200 OK") as server:
        source = camera(server.port)
        assert resolve(source) == source.location
    assert [asked.method for asked in server.asked] == ["OPTIONS", "DESCRIBE"]
    assert not any(asked.authorization for asked in server.asked), "nothing asked for the password"


def test_a_wrong_password_is_tried_once() -> None:
    with answering_server(lambda asked: DIGEST) as server, pytest.raises(WrongLoginError) as caught:
        Stream(camera(server.port), open_timeout=5, read_timeout=5)
    assert classify_error(caught.value).reason == "wrong user or password"
    assert sum(bool(asked.authorization) for asked in server.asked) == 1


def test_basic_over_plain_rtsp_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    redirects._warned.clear()
    with answering_server(lambda asked: "200 OK" if asked.authorization else BASIC) as server:
        for _ in range(2):
            resolve(camera(server.port))
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "cam: the camera asks for Basic authentication over rtsp, which shows the password" in record.getMessage()


def test_digest_is_not_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    redirects._warned.clear()
    both = DIGEST + '\r\nWWW-Authenticate: Basic realm="cam"'
    with answering_server(lambda asked: "200 OK" if asked.authorization else both) as server:
        resolve(camera(server.port))
    assert server.asked[-1].authorization.startswith("Digest ")
    assert not caplog.records


def test_http_is_not_followed_elsewhere_either() -> None:
    with answering_server(lambda asked: "200 OK", host="127.0.0.2") as other:
        with answering_server(lambda asked: moved(f"http://127.0.0.2:{other.port}/x")) as server:
            with pytest.raises(RedirectError, match=r"127\.0\.0\.2"):
                Stream(camera(server.port, scheme="http"), open_timeout=5, read_timeout=5)
    assert other.connections == 0


def test_a_camera_that_redirects_only_ffmpeg_is_caught_over_http() -> None:
    with answering_server(lambda asked: "200 OK", host="127.0.0.2") as other:

        def answers(asked: Asked) -> str:
            """The first connection is FFmpeg's, the second ours, the third FFmpeg's again."""
            path = f"http://127.0.0.2:{other.port}/x" if server.connections > 2 else "/other"
            return moved(path) if asked.url != "/other" or server.connections > 2 else "200 OK"

        with answering_server(answers) as server, pytest.raises((RedirectError, av.FFmpegError)):
            Stream(camera(server.port, scheme="http"), open_timeout=5, read_timeout=5)
    assert other.connections == 0


def test_a_recording_on_a_web_server_is_followed_without_the_login() -> None:
    with answering_server(lambda asked: "404 Not Found", host="127.0.0.2") as other:

        def answers(asked: Asked) -> str:
            return moved(f"http://127.0.0.2:{other.port}/x.mp4") if asked.authorization else BASIC

        with answering_server(answers) as server:
            with pytest.raises(Exception, match="404"):
                open_recording(camera(server.port, scheme="http", path="/x.mp4"))
    assert other.asked
    assert not any(asked.authorization for asked in other.asked)


def test_waiting_for_a_silent_camera_ends_when_it_is_stopped() -> None:
    asked, stopped = threading.Event(), threading.Event()

    def answers(request: Asked) -> str:
        asked.set()
        stopped.wait(5)
        return "200 OK"

    with answering_server(answers) as server:
        with pytest.raises(TimeoutError):
            resolve_redirects(camera(server.port), asked.is_set)
        stopped.set()
