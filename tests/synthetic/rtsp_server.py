"""A small RTSP camera in a process of its own, so that a test can kill it, freeze it and start it again.

RTSP 1.0 (RFC 2326) over TCP interleaved, H.264 as RTP (RFC 6184: single NAL units and FU-A), RTCP sender reports
(RFC 3550), Digest (RFC 2617). Each viewer starts at the first key frame; clips loop for ever. One line of JSON on the
command line configures it, the port comes back on stdout, and commands are read from stdin: `next` moves every viewer
to the mount's next clip, `drop` closes all connections; each is answered with `ok`.
"""

import hashlib
import json
import os
import re
import secrets
import select
import socket
import socketserver
import struct
import sys
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

CLOCK = 90_000
NTP_EPOCH = 2_208_988_800
MTU = 1400
REALM = "synthetic"


@dataclass
class Unit:
    """One access unit: NAL units without start codes, seconds from the start of the clip."""

    nals: list[bytes]
    time: Fraction


@dataclass
class Clip:
    parameter_sets: list[bytes]
    units: list[Unit]
    duration: Fraction


@dataclass
class Config:
    mounts: dict[str, list[str]]
    user: str = ""
    password: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    silent: bool = False
    camera_clock: float = 0.0
    reports: bool = True
    mute: bool = False
    udp_only: bool = False
    skip: int = 0
    spoil: int = 0


@dataclass
class Camera:
    """What all connections share; `turn` counts the `next` commands."""

    config: Config
    clips: dict[str, list[Clip]]
    nonce: str = field(default_factory=lambda: secrets.token_hex(8))
    turn: int = 0
    connections: set[socket.socket] = field(default_factory=set)


def load(path: str) -> Clip:
    """Read what rtsp.py wrote: NAL units in base64, so that this process starts without PyAV, five times as fast."""
    with open(path) as file:
        clip = json.load(file)
    units = [Unit([b64decode(nal) for nal in nals], Fraction(time)) for time, nals in clip["units"]]
    return Clip([b64decode(nal) for nal in clip["parameter_sets"]], units, Fraction(clip["duration"]))


class Rtp:
    """Packs access units for one viewer, `$` framed for RTSP interleaving."""

    def __init__(self, channel: int, camera_clock: float) -> None:
        self.channel, self.camera_clock = channel, camera_clock
        self.ssrc, self.sequence, self.base = secrets.randbits(32), secrets.randbits(16), secrets.randbits(31)
        self.packets = self.octets = 0

    def stamp(self, seconds: Fraction) -> int:
        return (self.base + int(seconds * CLOCK)) & 0xFFFFFFFF

    def unit(self, nals: list[bytes], seconds: Fraction) -> bytes:
        payloads = [payload for nal in nals for payload in _fragments(nal)]
        stamp = self.stamp(seconds)
        last = len(payloads) - 1
        return b"".join(self._packet(payload, stamp, index == last) for index, payload in enumerate(payloads))

    def _packet(self, payload: bytes, stamp: int, marker: bool) -> bytes:
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.packets += 1
        self.octets += len(payload)
        header = struct.pack(">BBHII", 0x80, 96 | (marker << 7), self.sequence, stamp, self.ssrc)
        return struct.pack(">cBH", b"$", self.channel, len(header) + len(payload)) + header + payload

    def sender_report(self, seconds: Fraction) -> bytes:
        now = time.time() + self.camera_clock + NTP_EPOCH
        ntp = int(now), int((now % 1) * 2**32)
        body = struct.pack(">BBHI", 0x80, 200, 6, self.ssrc)
        body += struct.pack(">IIIII", *ntp, self.stamp(seconds), self.packets, self.octets & 0xFFFFFFFF)
        return struct.pack(">cBH", b"$", self.channel + 1, len(body)) + body


def _spoilt(nal: bytes) -> bytes:
    """Keep the headers of a slice and break its pictures."""
    return nal[:4] + bytes(byte ^ 0xA5 for byte in nal[4:])


def _fragments(nal: bytes) -> list[bytes]:
    if len(nal) <= MTU:
        return [nal]
    indicator, kind = (nal[0] & 0xE0) | 28, nal[0] & 0x1F
    pieces = [nal[at : at + MTU] for at in range(1, len(nal), MTU)]
    last = len(pieces) - 1
    return [bytes([indicator, kind | (i == 0) << 7 | (i == last) << 6]) + piece for i, piece in enumerate(pieces)]


class Session(socketserver.BaseRequestHandler):
    """One connection: requests, then the stream, with requests in between."""

    server: "Server"

    def setup(self) -> None:
        self.camera = self.server.camera
        self.camera.connections.add(self.request)
        self.buffer = b""
        self.mount = ""
        self.channel = 0
        self.playing = False

    def finish(self) -> None:
        self.camera.connections.discard(self.request)

    def handle(self) -> None:
        try:
            while not self.playing:
                self._receive(None)
            self._stream()
        except (ConnectionError, OSError, StopIteration):
            return

    def _receive(self, timeout: float | None) -> None:
        """Read what the viewer sent within `timeout` seconds and answer it."""
        if not select.select([self.request], [], [], timeout)[0]:
            return
        data = self.request.recv(65536)
        if not data:
            raise StopIteration
        self.buffer += data
        while self._one_message():
            pass

    def _one_message(self) -> bool:
        if self.buffer[:1] == b"$":  # the viewer's receiver reports
            size = struct.unpack(">H", self.buffer[2:4])[0] if len(self.buffer) >= 4 else 1 << 20
            if len(self.buffer) < 4 + size:
                return False
            self.buffer = self.buffer[4 + size :]
            return True
        head, end, rest = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return False
        self.buffer = rest
        if not self.camera.config.silent:
            self._answer(head.decode())
        return True

    def _answer(self, head: str) -> None:
        first, *lines = head.split("\r\n")
        method, url, _ = first.split(" ", 2)
        headers = {key.lower(): value for key, value in (line.split(": ", 1) for line in lines if ": " in line)}
        status, extra, body = self._respond(method, url, headers)
        text = [f"RTSP/1.0 {status}", f"CSeq: {headers.get('cseq', '0')}", *extra]
        if body:
            text += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        self.request.sendall("\r\n".join([*text, "", body]).encode())
        if method == "TEARDOWN":
            raise StopIteration
        self.playing |= method == "PLAY" and status.startswith("200")

    def _respond(self, method: str, url: str, headers: dict[str, str]) -> tuple[str, list[str], str]:
        if method == "OPTIONS":
            return "200 OK", ["Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"], ""
        if not self._authorized(method, headers):
            return "401 Unauthorized", [f'WWW-Authenticate: Digest realm="{REALM}", nonce="{self.camera.nonce}"'], ""
        session = "Session: 1;timeout=60"
        if method == "DESCRIBE":
            mount = re.sub(r"^rtsps?://[^/]*", "", url).split("?")[0].strip("/")
            if mount not in self.camera.clips:
                return "404 Not Found", [], ""
            self.mount = mount
            return "200 OK", [f"Content-Base: {url.rstrip('/')}/"], self._sdp()
        if method == "SETUP":
            transport = headers.get("transport", "")
            found = re.search(r"interleaved=(\d+)-", transport)
            if not found or self.camera.config.udp_only:
                return "461 Unsupported Transport", [], ""
            self.channel = int(found[1])
            return "200 OK", [f"Transport: {transport}", session], ""
        return "200 OK", [session], ""

    def _authorized(self, method: str, headers: dict[str, str]) -> bool:
        config = self.camera.config
        if not config.user:
            return True
        given = dict(re.findall(r'(\w+)="([^"]*)"', headers.get("authorization", "")))
        one = _md5(f"{config.user}:{REALM}:{config.password}")
        two = _md5(f"{method}:{given.get('uri', '')}")
        wanted = _md5(f"{one}:{self.camera.nonce}:{two}")
        return given.get("username") == config.user and given.get("response") == wanted

    def _sdp(self) -> str:
        sps, pps = self.camera.clips[self.mount][0].parameter_sets[:2]
        sets = ",".join(b64encode(part).decode() for part in (sps, pps))
        return "\r\n".join(
            [
                "v=0",
                "o=- 0 0 IN IP4 127.0.0.1",
                "s=synthetic",
                "t=0 0",
                "m=video 0 RTP/AVP 96",
                "c=IN IP4 0.0.0.0",
                "a=rtpmap:96 H264/90000",
                f"a=fmtp:96 packetization-mode=1;profile-level-id={sps[1:4].hex()};sprop-parameter-sets={sets}",
                "a=control:track1",
                "",
            ]
        )

    def _stream(self) -> None:
        rtp = Rtp(self.channel, self.camera.config.camera_clock)
        start = time.monotonic()
        if self.camera.config.mute:
            while True:
                self._receive(None)
        report_at = Fraction(0)
        for number, (nals, seconds) in enumerate(self._units()):
            if number < self.camera.config.skip:
                continue
            while (wait := start + float(seconds) - time.monotonic()) > 0:
                self._receive(wait)
            if self.camera.config.reports and seconds >= report_at:
                self.request.sendall(rtp.sender_report(seconds))
                report_at = seconds + 1
            spoil = self.camera.config.spoil
            spoilt = spoil and number % spoil == spoil - 1 and len(nals) == 1
            self.request.sendall(rtp.unit([_spoilt(nal) for nal in nals] if spoilt else nals, seconds))

    def _units(self) -> Iterator[tuple[list[bytes], Fraction]]:
        """Access units for ever, the parameter sets before each key frame as cameras do."""
        clips, at, turn = self.camera.clips[self.mount], Fraction(0), self.camera.turn
        clip = clips[0]
        while True:
            for unit in clip.units:
                since = unit.time - clip.units[0].time
                if turn != self.camera.turn:
                    break
                key = any(nal[0] & 0x1F == 5 for nal in unit.nals)
                yield (clip.parameter_sets if key else []) + unit.nals, at + since
            at += clip.duration if turn == self.camera.turn else since
            if turn != self.camera.turn:
                turn = self.camera.turn
                clip = clips[turn % len(clips)]


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    camera: Camera

    def handle_error(self, request: object, client_address: object) -> None:
        sys.stderr.write(f"rtsp server: {sys.exc_info()[1]!r}\n")


def _obey(camera: Camera) -> None:
    for line in sys.stdin:
        if line.strip() == "next":
            camera.turn += 1
        elif line.strip() == "drop":
            for connection in list(camera.connections):
                connection.shutdown(socket.SHUT_RDWR)
        sys.stdout.write("ok\n")
        sys.stdout.flush()
    os._exit(0)  # the test that started this is gone


def main() -> None:
    config = Config(**json.loads(sys.argv[1]))
    clips = {mount: [load(path) for path in paths] for mount, paths in config.mounts.items()}
    camera = Camera(config, clips)
    with Server((config.host, config.port), Session) as server:
        server.camera = camera
        threading.Thread(target=_obey, args=(camera,), daemon=True).start()
        sys.stdout.write(f"{server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
