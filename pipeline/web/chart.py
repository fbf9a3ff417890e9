"""Draws the scores of a track over time: points for an SVG that the template makes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 220, 44, 28, 12
MAX_POINTS = 400
LEAST_LEVELS = 4


@dataclass(frozen=True, slots=True)
class Moment:
    """What was known at a time (seconds on the stream's own clock)."""

    time: float
    score: float
    threshold: float
    state: str


@dataclass(frozen=True, slots=True)
class Point:
    """A score in pixels of the drawing, and in words."""

    x: float
    y: float
    state: str
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """score, threshold: `points` of a polyline.  levels: labelled heights.  seconds: that the drawing spans."""

    width: int
    height: int
    left: int
    points: list[Point]
    score: str
    threshold: str
    levels: list[tuple[float, str]]
    seconds: float


def draw_scores(moments: Sequence[Moment]) -> Chart | None:
    """The drawing; None where nothing was compared. Of very long tracks, evenly chosen moments."""
    if not moments:
        return None
    kept = moments[:: -(-len(moments) // MAX_POINTS)]
    start, span = kept[0].time, max(kept[-1].time - kept[0].time, 1e-6)
    values = [value for moment in kept for value in (moment.score, moment.threshold)]
    low, high = min(0.0, *values), max(*values, 0.1) * 1.05

    def x(moment: Moment) -> float:
        return round(LEFT + (WIDTH - LEFT - 8) * min(max((moment.time - start) / span, 0), 1), 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (value - low) / (high - low), 1)

    points = [
        Point(x(one), y(one.score), one.state, f"{one.time - start:.1f} s: {one.score:.3f}, needs {one.threshold:.3f}")
        for one in kept
    ]
    return Chart(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        points=points,
        score=" ".join(f"{point.x},{point.y}" for point in points),
        threshold=" ".join(f"{x(one)},{y(one.threshold)}" for one in kept),
        levels=[(y(level), f"{level:.3g}") for level in _levels(low, high)],
        seconds=kept[-1].time - start,
    )


def _levels(low: float, high: float) -> list[float]:
    """Round numbers, about four to ten of them."""
    step = 10 ** math.floor(math.log10(high - low))
    while (high - low) / step < LEAST_LEVELS:
        step /= 2
    return [count * step for count in range(math.ceil(low / step), math.floor(high / step) + 1)]
