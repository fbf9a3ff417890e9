"""What a frame costs: clips are widened, cut and timed on the cores asked for."""

import os
from pathlib import Path

import av

from benchmarks.cost import decode, measure, widen
from tests.synthetic.video import numbered, write_clip


def test_a_widened_clip_has_as_many_frames_as_asked_for(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", numbered(9))
    wide = widen(clip, tmp_path / "wide.mp4", 5)
    assert [image.shape for image in decode(wide, 100)] == [(1080, 1920, 3)] * 5
    with av.open(str(wide)) as container:
        assert container.streams.video[0].codec_context.name == "h264"


def test_time_is_measured_by_frame_on_the_cores_asked_for_and_all_are_given_back() -> None:
    before, seen = os.sched_getaffinity(0), []
    cost = measure(lambda: seen.append(len(os.sched_getaffinity(0))), 1, 1)
    assert seen == [1]
    assert os.sched_getaffinity(0) == before
    assert 0 <= cost.processor <= cost.elapsed + 0.01
