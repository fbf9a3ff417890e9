"""The frame rate comes from the header that knows it."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import pytest

from pipeline.capture.frame_rate import stated_fps
from tests.synthetic.video import numbered, write_clip


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.avi", "clip.ts", "raw.h264"])
@pytest.mark.parametrize("fps", [12, 25])
def test_stated_rates(tmp_path: Path, name: str, fps: int) -> None:
    with av.open(str(write_clip(tmp_path / name, numbered(2 * fps), fps=fps))) as container:
        assert stated_fps(container, container.streams.video[0]) == fps


@pytest.mark.parametrize(
    ("average", "guessed", "fps"),
    [(600, 12, 12), (None, 25, 25), (960, 960, 960), (90_000, None, 90_000), (None, None, 0), (0, 0, 0)],
    ids=["clock as average", "no average", "high speed", "clock only", "none", "zero"],
)
def test_rates_that_are_doubtful(average: int | None, guessed: int | None, fps: float) -> None:
    rates = [None if rate is None else Fraction(rate) for rate in (average, guessed)]
    stream: Any = SimpleNamespace(average_rate=rates[0], guessed_rate=rates[1])
    container: Any = SimpleNamespace(format=SimpleNamespace(flags=0))
    assert stated_fps(container, stream) == fps
