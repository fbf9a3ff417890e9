"""The drawing of scores stays in its frame, whatever the scores are."""

import math

import pytest

from pipeline.web.chart import HEIGHT, MAX_POINTS, WIDTH, Moment, draw_scores


def moments(*scores: float) -> list[Moment]:
    return [Moment(float(number), score, 0.4, "candidate") for number, score in enumerate(scores)]


def test_nothing_is_drawn_of_nothing() -> None:
    assert draw_scores([]) is None


@pytest.mark.parametrize("scores", [(0.5,), (0.5, 0.5), (-0.3, 0.9), (1e-9, 2e-9), (1e9, -1e9), tuple(range(5000))])
def test_every_point_is_in_the_drawing(scores: tuple[float, ...]) -> None:
    chart = draw_scores(moments(*scores))
    assert chart
    assert 0 < len(chart.points) <= MAX_POINTS
    assert len(chart.levels) < 50
    for point in chart.points:
        assert 0 <= point.x <= WIDTH
        assert 0 <= point.y <= HEIGHT
        assert math.isfinite(point.x + point.y)


def test_a_higher_score_is_higher_and_a_later_one_further_right() -> None:
    chart = draw_scores(moments(0.1, 0.6))
    assert chart
    first, second = chart.points
    assert second.y < first.y
    assert second.x > first.x


def test_a_stream_whose_clock_jumps_back_stays_in_the_drawing() -> None:
    chart = draw_scores([Moment(100.0, 0.5, 0.4, "named"), Moment(3.0, 0.5, 0.4, "named")])
    assert chart
    assert all(0 <= point.x <= WIDTH for point in chart.points)
