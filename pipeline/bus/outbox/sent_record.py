"""Notes which numbers were sent while nothing could be stored, in room that was allocated while there still was some.

A file beside the outbox (`FILE.db.sent`) of a fixed size that is overwritten in place, which a full disk allows (not on
file systems that copy on write). Two slots take turns, each with a checksum, so that a kill in the middle of a write
leaves the note before it. It holds no names of people.
"""

import logging
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from pipeline.events import TrackEvent

log = logging.getLogger(__name__)

SLOT_BYTES = 256 << 10  # several hundred open tracks
_HEADER = struct.Struct("<8sQII")  # magic, number of the note, bytes of its JSON, CRC-32 of that
_MAGIC = b"glimpse\x01"


class SentRun(msgspec.Struct, frozen=True, kw_only=True):
    """What subscribers may have seen of a run.

    wall_time: Unix seconds of the note.  last_seq: topic to the last number given out.
    tracks: the last event of each open track, without its evidence.
    """

    epoch: str
    wall_time: float
    last_seq: dict[str, int]
    tracks: list[TrackEvent]


_decoder = msgspec.json.Decoder(list[SentRun])


class SentRecord:
    """The notes of the outbox at `path`. Raises OSError if there is no room for them."""

    def __init__(self, path: Path) -> None:
        self.path = record_path(path)
        self._is_failing = False
        with self._open() as file:
            self._number, _ = _newest(file)

    def read(self) -> list[SentRun]:
        """The runs that were noted last, the oldest first; none if the note is damaged. Raises OSError."""
        with self._open() as file:
            _, runs = _newest(file)
        return runs

    def write(self, runs: Sequence[SentRun]) -> None:
        """Replace the note. A failure is logged once; then the next start may not know which numbers were sent."""
        self._number += 1
        try:
            with self._open() as file:
                os.pwrite(file, _slot(self._number, _fit(runs)), self._number % 2 * SLOT_BYTES)
        except OSError as error:
            if not self._is_failing:
                log.error("outbox: cannot note in %s what was sent: %s", self.path, error)
            self._is_failing = True
        else:
            self._is_failing = False

    @contextmanager
    def _open(self) -> Iterator[int]:
        """A descriptor of the file; it is made or extended to its full size where it is not."""
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(file).st_size
            if size < 2 * SLOT_BYTES:
                os.pwrite(file, bytes(2 * SLOT_BYTES - size), size)
            yield file
        finally:
            os.close(file)


def record_path(path: Path) -> Path:
    """Where the notes of the outbox at `path` are."""
    return path.with_name(f"{path.name}.sent")


def has_record(path: Path) -> bool:
    """Whether an outbox was at `path` before: its notes are beside it."""
    record = record_path(path)
    return record.is_file() and record.stat().st_size >= 2 * SLOT_BYTES


def _slot(number: int, data: bytes) -> bytes:
    return _HEADER.pack(_MAGIC, number, len(data), zlib.crc32(data)) + data


def _fit(runs: Sequence[SentRun]) -> bytes:
    """As many of the newest runs as there is room for, at least the numbers of the last."""
    while len(data := msgspec.json.encode(runs)) > SLOT_BYTES - _HEADER.size and runs:
        if len(runs) == 1 and runs[0].tracks:
            runs = [msgspec.structs.replace(runs[0], tracks=runs[0].tracks[: len(runs[0].tracks) // 2])]
        else:
            runs = runs[1:]
    return data


def _newest(file: int) -> tuple[int, list[SentRun]]:
    """The number and the runs of the newest undamaged note; 0 and none where there is none."""
    slots = (_read_slot(os.pread(file, SLOT_BYTES, place * SLOT_BYTES)) for place in range(2))
    return max(filter(None, slots), key=lambda found: found[0], default=(0, []))


def _read_slot(slot: bytes) -> tuple[int, list[SentRun]] | None:
    if len(slot) < _HEADER.size:
        return None
    magic, number, length, checksum = _HEADER.unpack_from(slot)
    data = slot[_HEADER.size : _HEADER.size + length]
    if magic != _MAGIC or zlib.crc32(data) != checksum:
        return None
    try:
        return number, _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
