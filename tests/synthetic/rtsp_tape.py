"""Records what an RTSP camera says, and says it again byte by byte: sessions of cameras that do something wrong.

A tape is a list of connections, each a list of (requests, bytes): what the camera sent once it had got so many
requests.
`python -m tests.synthetic.rtsp_tape` makes those in tests/recordings/ anew, from the server of rtsp_server.py.
"""

import base64
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import msgspec

from pipeline.capture.redirects import WrongLoginError
from pipeline.capture.sources import Source, SourceKind
from pipeline.capture.stream import Stream
from pipeline.capture.video_stream import NoVideoError
from tests.synthetic.rtsp import rtsp_server
from tests.synthetic.video import numbered, write_clip

FOLDER = Path(__file__).parents[1] / "recordings"
MOODS: dict[str, dict[str, Any]] = {
    "well": {},
    "no_key_frame": {"keyless": True},
    "begins_between_key_frames": {"skip": 3},
    "every_third_frame_corrupt": {"spoil": 3},
    "no_sender_reports": {"reports": False},
    "clock_a_year_ahead": {"camera_clock": 31_536_000.0},
    "udp_only": {"udp_only": True},
    "no_codec_in_description": {"without": ["a=rtpmap"]},
    "wrong_clock_rate": {"stated_clock_hz": 8000},
    "no_content_base": {"without": ["Content-Base"]},
    "control_with_query": {"control": "trackID=1?profile=main&x=1"},
    "no_control": {"without": ["a=control"]},
    "no_session_timeout": {"session": "00000000a1B2"},
    "wrong_rtp_info": {"rtp_info": "url=rtsp://10.0.0.9/other;seq=1;rtptime=4000000000"},
    "other_channels": {"channels": "4-5"},
    "channels_swapped": {"channels": "1-0"},
    "bye_in_mid_stream": {"bye": 6},
    "no_parameter_sets_in_description": {"without": ["a=fmtp"]},
    "sender_reports_without_time": {"ntp": False},
    "sequence_jumps": {"jump": 3},
    "packets_come_twice": {"duplicate": True},
    "garbage_between_packets": {"garbage": b"\0\xffHTTP/1.1 200 OK\r\n\r\n".hex()},
    "packets_of_unknown_channels": {"garbage": "2407000c" + "80" * 12 + "2409000a" + "24" * 10},
    "packets_without_content": {"garbage": "2400000024010000"},
    "refuses_every_login": {"refuse": True},
    "content_length_too_small": {"length_error": -30},
    "content_length_too_large": {"length_error": 40},
    "content_length_below_zero": {"length_error": -100_000},
    "content_length_absurd": {"length_error": 2_000_000_000},
}
MOST_BYTES = 24_000  # of one connection; the tape ends there, as if the camera had lost power
_END = b"\r\n\r\n"

Tape = list[list[tuple[int, str]]]


@contextmanager
def recording(port: int, tape: Tape) -> Iterator[int]:
    """A port that passes everything on to a camera's port on this machine, and notes what the camera says."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, port, tape), daemon=True).start()
        yield listener.getsockname()[1]


def _accept(listener: socket.socket, port: int, tape: Tape) -> None:
    while True:
        try:
            viewer, _ = listener.accept()
        except OSError:
            return
        tape.append([])
        threading.Thread(target=_pass_on, args=(viewer, port, tape[-1]), daemon=True).start()


def _pass_on(viewer: socket.socket, port: int, connection: list[tuple[int, str]]) -> None:
    """Requests and answers take turns, so one thread can read both; the camera's port stands in each URL."""
    requests = size = 0
    own = viewer.getsockname()[1]
    with suppress(OSError), viewer, socket.create_connection(("127.0.0.1", port)) as camera:
        camera.settimeout(0.05)
        viewer.settimeout(0.05)
        while size < MOST_BYTES:
            if (data := _receive(viewer)) == b"":
                return
            if data:
                requests += data.count(_END)
                camera.sendall(data.replace(str(own).encode(), str(port).encode()))
            if (answer := _receive(camera)) == b"":
                return
            if answer:
                size += len(answer)
                connection.append((requests, base64.b64encode(answer).decode()))
                viewer.sendall(answer)


def _receive(connection: socket.socket) -> bytes | None:
    """What has arrived; None for nothing yet, empty at the end."""
    try:
        return connection.recv(65536)
    except TimeoutError:
        return None
    except OSError:
        return b""


@contextmanager
def playing(tape: Tape) -> Iterator[str]:
    """The URL, with a login, of a camera that says what is on the tape, connection by connection, and then hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_play, args=(listener, tape), daemon=True).start()
        yield f"rtsp://viewer:secret@127.0.0.1:{listener.getsockname()[1]}/live"


def _play(listener: socket.socket, tape: Tape) -> None:
    for connection in tape:
        try:
            viewer, _ = listener.accept()
            with viewer:
                _say(viewer, connection)
        except OSError:
            continue


def _say(viewer: socket.socket, connection: list[tuple[int, str]]) -> None:
    requests = 0
    for needed, answer in connection:
        while requests < needed:
            if not (data := viewer.recv(65536)):
                return
            requests += data.count(_END)
        viewer.sendall(base64.b64decode(answer))
    viewer.shutdown(socket.SHUT_WR)
    while viewer.recv(65536):
        pass


def after(seconds: float) -> Callable[[], bool]:
    """For `give_up` of a stream: whether so much time has gone by."""
    deadline = time.monotonic() + seconds
    return lambda: time.monotonic() > deadline


def read_tape(name: str) -> Tape:
    """A tape of tests/recordings/."""
    return msgspec.json.decode((FOLDER / f"{name}.json").read_bytes(), type=Tape)


def main() -> None:
    """Record the moods that are named, or every one."""
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        clip = write_clip(Path(folder, "clip.mp4"), numbered(8), fps=24, g="4")
        for name, options in MOODS.items():
            if sys.argv[1:] and name not in sys.argv[1:]:
                continue
            (FOLDER / f"{name}.json").write_bytes(msgspec.json.encode(_record(clip, options)))


def _record(clip: Path, options: dict[str, Any]) -> Tape:
    tape: Tape = []
    with rtsp_server({"live": clip}, **options) as camera, recording(camera.port, tape) as port:
        source = Source("cam", f"rtsp://viewer:secret@127.0.0.1:{port}/live", SourceKind.LIVE)
        try:
            with Stream(source, open_timeout=1, read_timeout=1, give_up=after(1)) as stream:
                for _, frame in zip(range(20), stream.frames(), strict=False):
                    assert frame.frame is not None
        except (av.FFmpegError, NoVideoError, OSError, WrongLoginError):
            return tape
    return tape


if __name__ == "__main__":
    main()
