"""What a reader's packets become."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from pipeline.film.tap import Connected, Disconnected, FilmTap, Item, PacketCopy
from tests.synthetic.films import START


def hand_over(path: Path, wall: Any, *, format: str | None = None) -> list[Item]:
    items: list[Item] = []
    tap = FilmTap("door", items.append, wall=wall)
    with av.open(str(path), format=format) as container:
        stream = container.streams.video[0]
        tap.connected(stream)
        for packet in container.demux(stream):
            tap.packet(packet)
        tap.disconnected()
    return items


def test_packets_are_copied_with_their_times(clip: Path) -> None:
    first, *packets, last = hand_over(clip, lambda: START)
    assert isinstance(first, Connected)
    assert isinstance(last, Disconnected)
    copies = [one for one in packets if isinstance(one, PacketCopy)]
    assert [round(float(one.dts * one.time_base), 2) for one in copies] == [round(n / 10, 2) for n in range(60)]
    assert sum(one.is_key for one in copies) == 6
    assert {one.arrived for one in copies} == {START}


def test_a_stream_without_times_goes_by_arrival(tmp_path: Path) -> None:
    path = tmp_path / "bare.h264"
    write(path, "libx264", format="h264")
    clock = iter(range(1000, 2000, 7))
    copies = [one for one in hand_over(path, lambda: next(clock), format="h264") if isinstance(one, PacketCopy)]
    assert [float(one.dts * one.time_base) for one in copies[:3]] == [1000.0, 1007.0, 1014.0]


def test_pictures_that_are_not_compressed_are_not_recorded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "raw.avi"
    write(path, "rawvideo")
    assert [type(one) for one in hand_over(path, lambda: START)] == [Disconnected]
    assert "door: film: pictures that are not compressed" in caplog.text


def write(path: Path, codec: str, *, format: str | None = None) -> None:
    with av.open(str(path), "w", format=format) as container:
        stream: Any = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 96, 3), np.uint8), format="bgr24")))
        container.mux(stream.encode(None))
