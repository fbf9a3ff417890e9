"""Cameras on one core: the streams that are served, and what is counted."""

from pathlib import Path

import av
import pytest

from benchmarks.carry import FPS, TrackCount, _shrink, _slow_and_wide
from pipeline.events import TrackAction
from tests.synthetic.video import numbered, write_clip


def test_streams_are_wide_slow_and_without_bursts(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", numbered(24), fps=12)
    wide = _slow_and_wide(clip, tmp_path / "wide.mp4")
    for path, size in ((wide, (1920, 1080)), (_shrink(wide), (640, 360))):
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            frames = list(container.decode(stream))
            assert (stream.width, stream.height) == size
            assert not stream.codec_context.has_b_frames
        assert len(frames) == pytest.approx(2 * FPS, abs=1)
        assert frames[1].time - frames[0].time == pytest.approx(1 / FPS)


def test_tracks_are_counted_by_the_minute() -> None:
    count = TrackCount(tracks=3, seconds=30.0)
    assert count.per_minute == 6
    assert TrackCount().per_minute == 0
    assert TrackAction.NEW == "new"
