"""Writes one file of a film from packets. Matroska: what was written before a kill or a power cut can be read."""

from pathlib import Path
from typing import Any

import av

from pipeline.film.segments import SUFFIX, segment_name
from pipeline.film.tap import PacketCopy
from pipeline.secrets.private_files import make_private_file, make_private_folder

# A cluster, the unit that can be read, is written at least every second, and reaches the system at once.
OPTIONS = {"cluster_time_limit": "1000", "flush_packets": "1"}
MAX_JUMP_SECONDS = 10.0  # of a stream's clock between two packets of one file


class SegmentWriter:
    """A file that begins with a key frame. Raises OSError where it cannot be written."""

    def __init__(self, folder: Path, template: Any, first: PacketCopy) -> None:
        make_private_folder(folder)
        self.start = first.arrived
        while any(folder.glob(f"{segment_name(self.start).removesuffix(SUFFIX)}*")):  # a clock that was set back
            self.start += 0.001
        self.path = folder / segment_name(self.start)
        make_private_file(self.path)
        try:
            self._container = av.open(str(self.path), "w", format="matroska", options=OPTIONS)
            self._stream: Any = self._container.add_stream_from_template(template)
        except BaseException:
            self.path.unlink()
            raise
        self._first = self._last = first.dts
        self._time_base = first.time_base
        self._count = 0

    @property
    def seconds(self) -> float:
        """From the first packet to the last."""
        return float((self._last - self._first) * self._time_base)

    def takes(self, packet: PacketCopy) -> bool:
        """Whether the packet follows the last one; a clock that jumped needs another file."""
        step = packet.dts - self._last
        return self._count == 0 or 0 < step * packet.time_base <= MAX_JUMP_SECONDS

    def write(self, copy: PacketCopy) -> None:
        """Add a packet that `takes` accepts."""
        packet = av.Packet(copy.data)
        packet.dts, packet.pts = copy.dts - self._first, max(copy.pts, copy.dts) - self._first
        packet.time_base, packet.is_keyframe = copy.time_base, copy.is_key
        packet.stream = self._stream
        self._container.mux(packet)
        self._last = copy.dts
        self._count += 1

    def close(self) -> Path | None:
        """Finish the file and give it its name with the end; returns its path.

        A file without a packet is removed: on a full disk each key frame would leave one.
        """
        try:
            self._container.close()
        finally:
            done = self._put_in_place()
        return done

    def _put_in_place(self) -> Path | None:
        if self._count == 0 or self.path.stat().st_size == 0:
            self.path.unlink()
            return None
        return self.path.replace(self.path.with_name(segment_name(self.start, self.start + self.seconds)))
