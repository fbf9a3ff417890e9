"""Presentation stamps are used until they run back more often than decoding stamps, as FFmpeg does."""

from dataclasses import dataclass

import pytest

from pipeline.capture.best_effort import best_stamps


@dataclass(frozen=True)
class Stamps:
    pts: int | None
    dts: int | None


@pytest.mark.parametrize(
    ("pts", "dts", "best"),
    [
        ([5, 6, 7, 8], [3, 4, 5, 6], [5, 6, 7, 8]),
        ([1, 4, 3, 5, 2], [2, 3, 4, 5, 6], [2, 3, 4, 5, 6]),
        ([1, 4, 3, 5, 2], [2, 3, 4, None, None], [2, 3, 4, None, None]),
        ([1, 4, 3, 5, 2], [None] * 5, [1, 4, 3, 5, 2]),
        ([None, None, 7], [3, 4, 5], [3, 4, 7]),
        ([5, 6, 3, 8], [5, 6, 3, 8], [5, 6, 3, 8]),
        ([1, 2, 3, 4, 5, 9, 6, 7, 8], [2, 3, 4, 5, 6, 7, 8, 9, 10], [1, 2, 3, 4, 5, 9, 8, 9, 10]),
        ([None, None], [None, None], [None, None]),
        ([], [], []),
    ],
    ids=["right", "decoding order", "no dts left", "no dts", "no pts", "both back", "back later", "none", "empty"],
)
def test_best_stamps(pts: list[int | None], dts: list[int | None], best: list[int | None]) -> None:
    frames = [Stamps(*pair) for pair in zip(pts, dts, strict=True)]
    assert list(best_stamps(frames)) == list(zip(best, frames, strict=True))
