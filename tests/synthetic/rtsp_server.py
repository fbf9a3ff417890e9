"""A small RTSP camera in its own process, so that a test can kill it, freeze it and start it again.

RTSP 1.0 (RFC 2326) over interleaved TCP, H.264 as RTP (RFC 6184: single NAL units and FU-A), RTCP sender reports
(RFC 3550), Digest authentication (RFC 2617). Each viewer starts at the first key frame, and clips loop for ever. One
line of JSON on the command line configures the server. It writes its port to stdout and reads commands from stdin:
`next` moves every viewer to the next clip of its mount, `drop` closes all connections, `pause` sends no more pictures.
It answers each with `ok`.
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

RTP_CLOCK_HZ = 90_000
NTP_EPOCH_SECONDS = 2_208_988_800  # from 1900 to 1970
MAX_PAYLOAD_BYTES = 1400
REALM = "synthetic"


@dataclass
class Unit:
    """One access unit: NAL units without start codes, and seconds since the start of the clip."""

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
    keyless: bool = False
    without: list[str] = field(default_factory=list)
    stated_clock_hz: int = RTP_CLOCK_HZ
    control: str = "track1"
    session: str = "1;timeout=60"
    rtp_info: str = ""
    channels: str = ""
    bye: int = 0
    ntp: bool = True
    jump: int = 0
    duplicate: bool = False
    garbage: str = ""
    refuse: bool = False
    length_error: int = 0


@dataclass
class Camera:
    """State that all connections share; `turn` counts the `next` commands."""

    config: Config
    clips: dict[str, list[Clip]]
    nonce: str = field(default_factory=lambda: secrets.token_hex(8))
    turn: int = 0
    paused: bool = False
    connections: set[socket.socket] = field(default_factory=set)


def load_clip(path: str) -> Clip:
    """Read what rtsp.py wrote: NAL units in base64, so that this process starts without PyAV, five times as fast."""
    with open(path) as file:
        clip = json.load(file)
    units = [Unit([b64decode(nal) for nal in nals], Fraction(time)) for time, nals in clip["units"]]
    return Clip([b64decode(nal) for nal in clip["parameter_sets"]], units, Fraction(clip["duration"]))


class RtpPacker:
    """Packs access units into RTP packets for one viewer, framed by `$` for RTSP interleaving."""

    def __init__(self, channel: int, config: Config) -> None:
        self.channel, self.config = channel, config
        self.ssrc, self.sequence, self.base = secrets.randbits(32), secrets.randbits(16), secrets.randbits(31)
        self.packets = self.octets = 0

    def timestamp(self, seconds: Fraction) -> int:
        return (self.base + int(seconds * RTP_CLOCK_HZ)) & 0xFFFFFFFF

    def pack(self, nals: list[bytes], seconds: Fraction) -> bytes:
        payloads = [payload for nal in nals for payload in _fragment(nal)]
        timestamp = self.timestamp(seconds)
        last = len(payloads) - 1
        packets = (self._packet(payload, timestamp, index == last) for index, payload in enumerate(payloads))
        return b"".join(packet * (1 + self.config.duplicate) for packet in packets)

    def _packet(self, payload: bytes, timestamp: int, marker: bool) -> bytes:
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.packets += 1
        self.octets += len(payload)
        header = struct.pack(">BBHII", 0x80, 96 | (marker << 7), self.sequence, timestamp, self.ssrc)
        return struct.pack(">cBH", b"$", self.channel, len(header) + len(payload)) + header + payload

    def sender_report(self, seconds: Fraction) -> bytes:
        now = time.time() + self.config.camera_clock + NTP_EPOCH_SECONDS
        ntp = (int(now), int((now % 1) * 2**32)) if self.config.ntp else (0, 0)
        body = struct.pack(">BBHI", 0x80, 200, 6, self.ssrc)
        body += struct.pack(">IIIII", *ntp, self.timestamp(seconds), self.packets, self.octets & 0xFFFFFFFF)
        return struct.pack(">cBH", b"$", self.channel + 1, len(body)) + body

    def bye(self) -> bytes:
        """An RTCP packet that says the source leaves (RFC 3550, 6.6)."""
        body = struct.pack(">BBHI", 0x81, 203, 1, self.ssrc)
        return struct.pack(">cBH", b"$", self.channel + 1, len(body)) + body


def _corrupt(nal: bytes) -> bytes:
    """Keep the header of a slice and invert bits of its data."""
    return nal[:4] + bytes(byte ^ 0xA5 for byte in nal[4:])


def _fragment(nal: bytes) -> list[bytes]:
    """Payloads of one NAL unit: itself, or FU-A fragments where it is too large."""
    if len(nal) <= MAX_PAYLOAD_BYTES:
        return [nal]
    indicator, kind = (nal[0] & 0xE0) | 28, nal[0] & 0x1F
    pieces = [nal[at : at + MAX_PAYLOAD_BYTES] for at in range(1, len(nal), MAX_PAYLOAD_BYTES)]
    last = len(pieces) - 1
    return [bytes([indicator, kind | (i == 0) << 7 | (i == last) << 6]) + piece for i, piece in enumerate(pieces)]


class Session(socketserver.BaseRequestHandler):
    """One connection: requests, then the stream with requests in between."""

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
        """Wait up to `timeout` seconds for requests of the viewer and answer them."""
        if not select.select([self.request], [], [], timeout)[0]:
            return
        data = self.request.recv(65536)
        if not data:
            raise StopIteration
        self.buffer += data
        while self._handle_message():
            pass

    def _handle_message(self) -> bool:
        """Remove one message from the buffer and answer it; False if none is complete."""
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
            text += ["Content-Type: application/sdp", f"Content-Length: {len(body) + self.camera.config.length_error}"]
        self.request.sendall("\r\n".join([*text, "", body]).encode())
        if method == "TEARDOWN":
            raise StopIteration
        self.playing |= method == "PLAY" and status.startswith("200")

    def _respond(self, method: str, url: str, headers: dict[str, str]) -> tuple[str, list[str], str]:
        if method == "OPTIONS":
            return "200 OK", ["Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"], ""
        if not self._authorized(method, headers):
            return "401 Unauthorized", [f'WWW-Authenticate: Digest realm="{REALM}", nonce="{self.camera.nonce}"'], ""
        config = self.camera.config
        session = f"Session: {config.session}"
        if method == "DESCRIBE":
            mount = re.sub(r"^rtsps?://[^/]*", "", url).split("?")[0].strip("/")
            if mount not in self.camera.clips:
                return "404 Not Found", [], ""
            self.mount = mount
            base = [] if "Content-Base" in config.without else [f"Content-Base: {url.rstrip('/')}/"]
            return "200 OK", base, self._sdp()
        if method == "SETUP":
            transport = headers.get("transport", "")
            found = re.search(r"interleaved=(\d+)-", transport)
            if not found or config.udp_only:
                return "461 Unsupported Transport", [], ""
            channels = config.channels or f"{found[1]}-{int(found[1]) + 1}"
            self.channel = int(channels.split("-")[0])
            return "200 OK", [f"Transport: RTP/AVP/TCP;unicast;interleaved={channels}", session], ""
        if method == "GET_PARAMETER" and method in config.without:
            return "501 Not Implemented", [], ""
        info = [f"RTP-Info: {config.rtp_info}"] if method == "PLAY" and config.rtp_info else []
        return "200 OK", [session, *info], ""

    def _authorized(self, method: str, headers: dict[str, str]) -> bool:
        config = self.camera.config
        if config.refuse:
            self.camera.nonce = secrets.token_hex(8)
            return False
        if not config.user:
            return True
        fields = dict(re.findall(r'(\w+)="([^"]*)"', headers.get("authorization", "")))
        ha1 = _md5(f"{config.user}:{REALM}:{config.password}")
        ha2 = _md5(f"{method}:{fields.get('uri', '')}")
        expected = _md5(f"{ha1}:{self.camera.nonce}:{ha2}")
        return fields.get("username") == config.user and fields.get("response") == expected

    def _sdp(self) -> str:
        sps, pps = self.camera.clips[self.mount][0].parameter_sets[:2]
        sets = ",".join(b64encode(part).decode() for part in (sps, pps))
        config = self.camera.config
        lines = [
            "v=0",
            "o=- 0 0 IN IP4 127.0.0.1",
            "s=synthetic",
            "t=0 0",
            "m=video 0 RTP/AVP 96",
            "c=IN IP4 0.0.0.0",
            f"a=rtpmap:96 H264/{config.stated_clock_hz}",
            f"a=fmtp:96 packetization-mode=1;profile-level-id={sps[1:4].hex()};sprop-parameter-sets={sets}",
            f"a=control:{config.control}",
        ]
        kept = [line for line in lines if not line.startswith(tuple(config.without))]
        return "\r\n".join([*kept, ""])

    def _stream(self) -> None:
        config = self.camera.config
        while config.mute:
            self._receive(None)
        packer = RtpPacker(self.channel, config)
        start: float | None = None
        report_at = Fraction(0)
        for number, (nals, seconds) in enumerate(self._units()):
            if number < config.skip or (config.keyless and _is_key(nals)):
                continue
            while self.camera.paused:
                self.request.sendall(packer.sender_report(seconds))
                self._receive(0.05)
            if start is None:
                start = time.monotonic() - float(seconds)
            while (wait := start + float(seconds) - time.monotonic()) > 0:
                self._receive(wait)
            if config.reports and seconds >= report_at:
                self.request.sendall(packer.sender_report(seconds))
                report_at = seconds + 1
            if config.jump and number % config.jump == config.jump - 1:
                packer.sequence = (packer.sequence + 1000) & 0xFFFF
            self.request.sendall(bytes.fromhex(config.garbage))
            if number + 1 == config.bye:
                self.request.sendall(packer.bye())
            spoil = config.spoil and number % config.spoil == config.spoil - 1 and len(nals) == 1
            self.request.sendall(packer.pack([_corrupt(nal) for nal in nals] if spoil else nals, seconds))

    def _units(self) -> Iterator[tuple[list[bytes], Fraction]]:
        """Yield access units for ever, with the parameter sets before each key frame, as cameras send them."""
        clips, clip_start, turn = self.camera.clips[self.mount], Fraction(0), self.camera.turn
        clip = clips[0]
        while True:
            for unit in clip.units:
                offset = unit.time - clip.units[0].time
                if turn != self.camera.turn:
                    break
                yield (clip.parameter_sets if _is_key(unit.nals) else []) + unit.nals, clip_start + offset
            clip_start += clip.duration if turn == self.camera.turn else offset
            if turn != self.camera.turn:
                turn = self.camera.turn
                clip = clips[turn % len(clips)]


def _is_key(nals: list[bytes]) -> bool:
    return any(nal[0] & 0x1F == 5 for nal in nals)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    camera: Camera

    def handle_error(self, request: object, client_address: object) -> None:
        sys.stderr.write(f"rtsp server: {sys.exc_info()[1]!r}\n")


def _run_commands(camera: Camera) -> None:
    for line in sys.stdin:
        if line.strip() == "next":
            camera.turn += 1
        elif line.strip() == "pause":
            camera.paused = True
        elif line.strip() == "drop":
            for connection in list(camera.connections):
                connection.shutdown(socket.SHUT_RDWR)
        sys.stdout.write("ok\n")
        sys.stdout.flush()
    os._exit(0)  # the test that started this process has ended


def main() -> None:
    config = Config(**json.loads(sys.argv[1]))
    clips = {mount: [load_clip(path) for path in paths] for mount, paths in config.mounts.items()}
    camera = Camera(config, clips)
    with Server((config.host, config.port), Session) as server:
        server.camera = camera
        threading.Thread(target=_run_commands, args=(camera,), daemon=True).start()
        sys.stdout.write(f"{server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
