"""Starts and controls the RTSP camera of rtsp_server.py."""

import json
import signal
import struct
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av

SCRIPT = Path(__file__).with_name("rtsp_server.py")


@dataclass
class RtspServer:
    """A running camera. After `kill`, `start` runs it again on the same port."""

    config: dict[str, Any]
    port: int = 0
    process: subprocess.Popen[str] = field(init=False, repr=False)

    def start(self) -> None:
        config = json.dumps(self.config | {"port": self.port})
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([sys.executable, "-I", str(SCRIPT), config], stdin=pipe, stdout=pipe, text=True)
        self.port = int(self._read_line())

    def url(self, mount: str, *, user: str | None = None, password: str | None = None) -> str:
        user = self.config["user"] if user is None else user
        password = self.config["password"] if password is None else password
        login = f"{user}:{password}@" if user else ""
        return f"rtsp://{login}127.0.0.1:{self.port}/{mount}"

    def kill(self) -> None:
        """SIGKILL: the kernel closes the connections without an RTSP message."""
        self.process.kill()
        self._reap()

    def freeze(self) -> None:
        """SIGSTOP: connections stay open and silent; the kernel accepts new ones, which are never answered."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def command(self, word: str) -> None:
        """Send `next` (show the next clip of every mount), `drop` (close connections) or `pause` (no more pictures)."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        assert self._read_line() == "ok"

    def _read_line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        if not line:
            raise RuntimeError(f"the RTSP server ended with {self.process.wait(5)}")
        return line

    def _reap(self) -> None:
        self.process.wait(5)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def rtsp_server(
    mounts: Mapping[str, Path | Sequence[Path]], *, user: str = "", password: str = "", **options: Any
) -> Iterator[RtspServer]:
    """Serve clips under their mount names; `command("next")` switches between several clips of one mount.

    options: `silent` (accepts connections, answers nothing), `mute` (plays, sends no frame), `camera_clock` (seconds
    by which the camera's clock is ahead), `reports` (False: no RTCP sender reports), `udp_only`, `skip` (number of
    access units left out at the start, to begin between key frames), `spoil` (every n-th frame is corrupt, except key
    frames), `keyless` (no key frame is sent), `without` (starts of lines that the session description lacks, and
    `Content-Base` or `GET_PARAMETER`), `stated_clock_hz` (of the description), `control` (URL of the track), `session`
    (the header), `rtp_info` (the header), `channels` (those it answers with, such as `4-5`), `bye` (number of the
    access unit before which it says that it leaves), `ntp` (False: sender reports without time of day), `jump` (before
    every n-th access unit a thousand sequence numbers are left out), `duplicate` (each packet comes twice), `garbage`
    (hexadecimal, before each access unit), `refuse` (401 to every login, with a new nonce), `length_error` (bytes by
    which Content-Length of the description is wrong).
    """
    with TemporaryDirectory() as folder:
        paths: dict[str, list[str]] = {}
        for name, clips in mounts.items():
            for number, clip in enumerate([clips] if isinstance(clips, Path) else clips):
                paths.setdefault(name, []).append(_unpack(clip, Path(folder, f"{len(paths)}-{number}.json")))
        server = RtspServer({"mounts": paths, "user": user, "password": password, **options})
        server.start()
        try:
            yield server
        finally:
            if server.process.returncode is None:
                server.kill()


def _unpack(clip: Path, path: Path) -> str:
    """Write the NAL units of an MP4 file as JSON for the server."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        sets = _parameter_sets(stream.codec_context.extradata or b"")
        packets = [packet for packet in container.demux(stream) if packet.size and packet.pts is not None]
        times = [(packet.pts or 0) * packet.time_base for packet in packets]
        units = [[str(time), _text(_nals(bytes(packet)))] for time, packet in zip(times, packets, strict=True)]
    last = sorted(times)[-2:]
    step = last[1] - last[0] if len(last) > 1 else Fraction(1, 10)
    duration = str(last[-1] + step - min(times))
    path.write_text(json.dumps({"parameter_sets": _text(sets), "units": units, "duration": duration}))
    return str(path)


def _text(nals: list[bytes]) -> list[str]:
    return [b64encode(nal).decode() for nal in nals]


def _parameter_sets(avcc: bytes) -> list[bytes]:
    """SPS and PPS of an avcC box (ISO/IEC 14496-15)."""
    found, at = [], 5
    for mask in (0x1F, 0xFF):
        count = avcc[at] & mask
        at += 1
        for _ in range(count):
            size = struct.unpack_from(">H", avcc, at)[0]
            found.append(avcc[at + 2 : at + 2 + size])
            at += 2 + size
    return found


def _nals(data: bytes) -> list[bytes]:
    """NAL units of an MP4 sample, each preceded by its length in 4 bytes."""
    found, at = [], 0
    while at + 4 <= len(data):
        size = struct.unpack_from(">I", data, at)[0]
        found.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return found
