"""Sources over HTTP: motion JPEG as webcams and old cameras send it, and a clip on a web server."""

import re
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2
import pytest

from pipeline.capture.mailbox import Mailbox
from pipeline.capture.open import open_reader
from pipeline.capture.sources import parse_source
from pipeline.settings.types import CameraDefaults
from pipeline.types import CameraReport, CameraState, Frame
from tests.synthetic.shaped_video import picture_with_exif
from tests.synthetic.video import number_of, numbered, write_clip

LOGIN = "Basic " + b64encode(b"u:s3cr3t").decode()


class Web(BaseHTTPRequestHandler):
    """`/cam` sends images until the viewer disconnects, `/exif` the same upside down with EXIF that says so, and
    `/clip.mp4` is a file; all need the login u:s3cr3t.

    `/half.mpg` is half a file, as of a server that goes down, and `/stalls.mpg` half a file and then silence.
    """

    clip = stream = b""

    def do_GET(self) -> None:
        if self.headers.get("Authorization") != LOGIN:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
            self.end_headers()
        elif self.path == "/cam":
            self._pictures([cv2.imencode(".jpg", image)[1].tobytes() for image in numbered(100)])
        elif self.path == "/exif":
            self._pictures([picture_with_exif(image[::-1, ::-1], 3, "JPEG") for image in numbered(100)])
        elif self.path == "/clip.mp4":
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.clip)))
            self.end_headers()
            self.wfile.write(self.clip)
        elif self.path in ("/half.mpg", "/stalls.mpg"):
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.stream)))
            self.end_headers()
            self.wfile.write(self.stream[: len(self.stream) // 2])
            if self.path == "/stalls.mpg":
                self.connection.recv(1)  # returns when the viewer hangs up
        else:
            self.send_error(404)

    def _pictures(self, pictures: list[bytes]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        try:
            while not self.server.done.wait(0.02):  # type: ignore[attr-defined]
                picture = pictures.pop(0) if len(pictures) > 1 else pictures[0]
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                self.wfile.write(head.encode() + picture + b"\r\n")
        except ConnectionError:
            return

    def log_message(self, format: str, *args: Any) -> None:
        """Write no access log."""


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    Web.clip = write_clip(tmp_path_factory.mktemp("web") / "clip.mp4", numbered(30)).read_bytes()
    Web.stream = write_clip(tmp_path_factory.mktemp("web") / "clip.ts", numbered(100)).read_bytes()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    server.done = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server.server_address[1]
    server.done.set()  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()
    thread.join()


@contextmanager
def opened(url: str) -> Iterator[Mailbox]:
    mailbox, source = Mailbox(), parse_source(url, name="cam")[0]
    mailbox.register("cam", live=source.live)
    reader = open_reader(source, mailbox, CameraDefaults(connect_seconds=5))
    reader.start()
    try:
        yield mailbox
    finally:
        reader.stop()
        reader.join(5)
    assert not reader.is_alive()


@pytest.mark.parametrize("path", ["cam", "exif"])
def test_motion_jpeg(web: int, path: str) -> None:
    frames: list[Frame] = []
    states = []
    with opened(f"http://u:s3cr3t@127.0.0.1:{web}/{path}") as mailbox:
        while len(frames) < 5:
            for item in mailbox.take(5):
                if isinstance(item, Frame):
                    frames.append(item)
                else:
                    states.append(item.state)
    assert states == [CameraState.CONNECTING, CameraState.LIVE]
    assert all(number_of(frame.image) == frame.index for frame in frames)
    first, last = frames[0], frames[-1]
    assert last.media_time == pytest.approx(last.monotonic_time - first.monotonic_time, abs=0.04), (
        "motion JPEG has no timestamps, so media time follows the arrival"
    )


@pytest.mark.parametrize(
    ("path", "login", "reason"),
    [("cam", "u:wr0ng@", "wrong user or password"), ("nope", "u:s3cr3t@", "no such stream")],
)
def test_refusals(web: int, path: str, login: str, reason: str) -> None:
    with opened(f"http://{login}127.0.0.1:{web}/{path}") as mailbox:
        reports: list[CameraReport] = []
        while not any(report.state is CameraState.FAILED for report in reports):
            reports += [item for item in mailbox.take(5) if isinstance(item, CameraReport)]
    assert reports[-1].reason == reason


def test_a_clip_on_a_web_server_is_a_recording(web: int) -> None:
    frames, reports = _play(f"http://u:s3cr3t@127.0.0.1:{web}/clip.mp4")
    assert [number_of(frame.image) for frame in frames] == list(range(30))
    assert (reports[-1].state, reports[-1].reason) == (CameraState.ENDED, "")


@pytest.mark.parametrize(("path", "reason"), [("half.mpg", "connection lost"), ("stalls.mpg", "no answer")])
def test_a_clip_that_breaks_off(web: int, path: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.capture.video_file.HTTP_TIMEOUT_SECONDS", 0.5)
    frames, reports = _play(f"http://u:s3cr3t@127.0.0.1:{web}/{path}")
    assert 30 < len(frames) < 70
    assert reports[-1].state is CameraState.ENDED
    assert re.fullmatch(rf"reading broke off at \d\.\d s: {reason}(, \d broken frames? skipped)?", reports[-1].reason)


def test_a_clip_that_is_refused(web: int) -> None:
    frames, reports = _play(f"http://u:wr0ng@127.0.0.1:{web}/clip.mp4")
    assert frames == []
    assert (reports[-1].state, reports[-1].reason) == (CameraState.FAILED, "wrong user or password")


def _play(url: str) -> tuple[list[Frame], list[CameraReport]]:
    items: list[Frame | CameraReport] = []
    with opened(url) as mailbox:
        while mailbox.open:
            items += mailbox.take(10)
    return [item for item in items if isinstance(item, Frame)], [
        item for item in items if isinstance(item, CameraReport)
    ]
