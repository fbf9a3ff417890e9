"""Rows, lanes, bars and ticks of a timeline."""

import itertools

import pytest

from pipeline.sinks.report.records import NameChange
from pipeline.sinks.report.timeline import MAX_LANES, lay_out_timeline
from tests.pipeline.sinks.report.samples import track_record


def test_people_get_a_row_each_before_the_other_states() -> None:
    made = lay_out_timeline(
        [
            track_record(1, 0, 2, "unknown"),
            track_record(2, 1, 4, "named", "Zoë"),
            track_record(3, 2, 3, "named", "Ada"),
            track_record(4, 5, 6, "named", "Zoë"),
            track_record(5, 1, 2, "candidate", "Ada"),
            track_record(6, 1, 2, "ambiguous", "Ada"),
        ]
    )
    assert [row.label for row in made.rows] == ["Zoë", "Ada", "ambiguous (1)", "candidate (1)", "unknown (1)"]
    assert [(bar.name, bar.lane) for bar in made.rows[0].bars] == [("cam-2", 0), ("cam-4", 0)]
    assert made.rows[0].bars[1].left == pytest.approx(100 * 5 / 6)
    assert made.ticks[0] == (0.0, "0:00")


def test_overlapping_tracks_get_a_bounded_number_of_lanes() -> None:
    made = lay_out_timeline([track_record(n, n / 20, 9) for n in range(100)]).rows[0]
    assert made.lanes == MAX_LANES
    assert made.lanes * made.lane_px < 400
    assert [bar.lane for bar in made.bars[:3]] == [0, 1, 2]
    for lane in range(MAX_LANES - 1):
        ends = [(bar.left, bar.left + bar.width) for bar in made.bars if bar.lane == lane]
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(ends))


@pytest.mark.parametrize("seconds", [0.0, 0.04, 3.0, 59.0, 600.0, 86_400.0, 1e7])
def test_axes_of_any_length(seconds: float) -> None:
    made = lay_out_timeline([track_record(1, 0.0, seconds)])
    assert 1 <= len(made.ticks) <= 10
    assert all(-0.01 <= at <= 100.01 for at, _ in made.ticks)
    bar = made.rows[0].bars[0]
    assert 0 <= bar.left < bar.left + bar.width <= 100


def test_a_bar_shows_the_time_before_the_name() -> None:
    one = track_record(1, 0.0, 4.0, "named", "Ada")
    one.changes.append(NameChange(1.0, "Ada", None, 0.7))
    assert lay_out_timeline([one]).rows[0].bars[0].unnamed_percent == 25.0
