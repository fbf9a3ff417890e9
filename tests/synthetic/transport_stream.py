"""Changes the timestamps of an MPEG-TS file in place, in ways that no muxer would write (ISO/IEC 13818-1, 2.4.3)."""

from collections.abc import Callable
from pathlib import Path

PACKET_BYTES = 188
CLOCK_HZ = 90_000
WRAP_TICKS = 2**33

Change = Callable[[int, float], float]
"""From the number of a picture, in the order of the file, and one of its stamps (seconds) to the new stamp."""


def restamp(path: Path, change: Change, target: Path) -> Path:
    """Write a copy of an MPEG-TS file whose pictures have other presentation and decoding stamps, modulo 2**33."""
    data = bytearray(path.read_bytes())
    number = 0
    for start in range(0, len(data), PACKET_BYTES):
        at = _picture_header(data, start)
        if at is None:
            continue
        for field in range(at + 9, at + 9 + 5 * (data[at + 7] >> 6).bit_count(), 5):
            ticks = round(change(number, _read_ticks(data, field) / CLOCK_HZ) * CLOCK_HZ)
            _write_ticks(data, field, ticks % WRAP_TICKS)
        number += 1
    target.write_bytes(data)
    return target


def _picture_header(data: bytearray, start: int) -> int | None:
    """Where the PES header of a picture begins in the packet at `start`; None if it holds none."""
    begins_unit, has_adaptation = data[start + 1] & 0x40, data[start + 3] & 0x20
    at = start + 4 + (1 + data[start + 4] if has_adaptation else 0)
    return at if begins_unit and data[at : at + 4] == b"\x00\x00\x01\xe0" else None


def _read_ticks(data: bytearray, at: int) -> int:
    high, middle, low = data[at] >> 1 & 7, data[at + 1] << 7 | data[at + 2] >> 1, data[at + 3] << 7 | data[at + 4] >> 1
    return high << 30 | middle << 15 | low


def _write_ticks(data: bytearray, at: int, ticks: int) -> None:
    high, middle, low = ticks >> 30, ticks >> 15 & 0x7FFF, ticks & 0x7FFF
    data[at] = data[at] & 0xF1 | high << 1
    data[at + 1 : at + 5] = bytes([middle >> 7, middle << 1 & 0xFE | 1, low >> 7, low << 1 & 0xFE | 1])
