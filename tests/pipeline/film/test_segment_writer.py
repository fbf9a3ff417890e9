"""One file of a film, on disks that are full and from clocks that jump."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from pipeline.film.segment_writer import MAX_JUMP_SECONDS, SegmentWriter
from pipeline.film.segments import list_segments
from pipeline.film.tap import PacketCopy
from tests.synthetic.films import START, Camera, count_pictures, recording
from tests.synthetic.small_disk import SmallDisk, small_disk


@pytest.fixture
def stream(clip: Path) -> Iterator[Any]:
    with av.open(str(clip)) as container:
        yield container.streams.video[0]


@pytest.fixture
def packets(clip: Path) -> list[PacketCopy]:
    with av.open(str(clip)) as container:
        return [
            PacketCopy("door", bytes(one), one.pts, one.dts, one.time_base, one.is_keyframe, START)
            for one in container.demux(video=0)
            if one.size and one.pts is not None and one.dts is not None and one.time_base is not None
        ]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", kib=256) as mounted:
        yield mounted


def test_a_full_disk_is_not_littered_and_keeps_what_it_had(disk: SmallDisk, camera: Camera) -> None:
    film = disk.folder / "film"
    with recording(film, camera) as recorder:
        camera.send(recorder)
    before = list_segments(film, "door")
    disk.fill()
    for _ in range(3):
        with recording(film, camera) as recorder:  # each key frame is tried
            camera.send(recorder)
    assert list_segments(film, "door") == before
    assert len(list((film / "door").iterdir())) == 1
    disk.make_room()
    with recording(film, camera) as recorder:
        camera.send(recorder)
    assert [count_pictures(segment.path) for segment in list_segments(film, "door")] == [60, 60]


def test_a_disk_that_fills_up_in_the_middle_leaves_what_can_be_read(
    disk: SmallDisk, stream: Any, packets: list[PacketCopy]
) -> None:
    writer = SegmentWriter(disk.folder / "door", stream, packets[0])
    for packet in packets[:20]:
        writer.write(packet)
    disk.fill()
    with pytest.raises(OSError, match="No space left"):
        write_on(writer, packets[19])
    with pytest.raises(OSError, match="No space left"):
        writer.close()
    [segment] = list_segments(disk.folder, "door")
    assert segment.end is not None
    assert count_pictures(segment.path) >= 20


def test_a_stream_that_cannot_be_stored_leaves_no_file(tmp_path: Path, packets: list[PacketCopy]) -> None:
    for _ in range(3):
        with pytest.raises((TypeError, AttributeError, ValueError)):
            SegmentWriter(tmp_path / "door", None, packets[0])
    assert list((tmp_path / "door").iterdir()) == []


def test_a_file_without_a_packet_is_none(tmp_path: Path, stream: Any, packets: list[PacketCopy]) -> None:
    writer = SegmentWriter(tmp_path / "door", stream, packets[0])
    assert writer.close() is None
    assert list((tmp_path / "door").iterdir()) == []


@pytest.mark.parametrize("seconds", [0.0, -0.1, -1e9, MAX_JUMP_SECONDS + 0.1, 1e9])
def test_a_packet_that_a_clock_took_away_belongs_into_another_file(
    tmp_path: Path, stream: Any, packets: list[PacketCopy], seconds: float
) -> None:
    writer = SegmentWriter(tmp_path / "door", stream, packets[0])
    assert writer.takes(packets[0])
    writer.write(packets[0])
    assert not writer.takes(moved(packets[0], seconds))
    assert writer.takes(moved(packets[0], MAX_JUMP_SECONDS))
    assert writer.takes(moved(packets[0], 0.001))
    assert writer.close() is not None


def test_files_that_begin_at_the_same_moment_do_not_overwrite_each_other(
    tmp_path: Path, stream: Any, packets: list[PacketCopy]
) -> None:
    for _ in range(5):
        writer = SegmentWriter(tmp_path / "door", stream, packets[0])
        for packet in packets[:10]:
            writer.write(packet)
        writer.close()
    assert [count_pictures(segment.path) for segment in list_segments(tmp_path, "door")] == [10] * 5


def write_on(writer: SegmentWriter, last: PacketCopy) -> None:
    """Write until the disk refuses it."""
    for number in range(1, 100_000):
        writer.write(moved(last, number / 10))


def moved(packet: PacketCopy, seconds: float) -> PacketCopy:
    dts = packet.dts + round(Fraction(seconds) / packet.time_base)
    return PacketCopy(packet.camera, packet.data, dts, dts, packet.time_base, packet.is_key, packet.arrived)
