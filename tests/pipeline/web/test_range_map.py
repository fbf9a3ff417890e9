"""Where faces are large enough, in numbers."""

import pytest

from pipeline.history.face_places import FacePlaces, SeenTrack
from pipeline.web.range_map import Naming, make_range_map, naming_limit, size_bands
from recognizer.calibration import Band, Calibration
from recognizer.decide import DecisionRule

CALIBRATION = Calibration(
    model_id="m",
    command="",
    data="",
    date="",
    rates=(0.1, 0.001),
    bands=tuple(Band(px=px, looks=1, mean=0, std=0, tail=(0.1, tail)) for px, tail in ((8, 0.8), (32, 0.4))),
)
NAMING = Naming(CALIBRATION, DecisionRule(false_alarm=0.001, min_effective=1), people=1)


def track(px: float, state: str = "named", score: float | None = 0.6, verdict: int | None = None) -> SeenTrack:
    return SeenTrack(px, state, score, verdict)


def places(tracks: list[SeenTrack], boxes: list[tuple[float, float, float, float]]) -> FacePlaces:
    return FacePlaces(tracks, boxes, [], 1600, 900)


def test_the_limit_is_where_the_threshold_is_the_usual_score() -> None:
    limit = naming_limit(NAMING, [0.6] * 5, [])
    assert limit
    assert limit.px == pytest.approx(16, abs=0.5)  # halfway from 0.8 to 0.4, in the logarithm of the size
    assert limit.threshold <= 0.6
    assert limit.by_score


def test_more_people_and_a_lower_rate_ask_for_larger_faces() -> None:
    base = naming_limit(NAMING, [0.6] * 5, [])
    many = naming_limit(Naming(CALIBRATION, NAMING.rule, people=50), [0.6] * 5, [])
    assert base
    assert many
    assert many.px > base.px


def test_without_names_only_the_smallest_measured_size_is_known() -> None:
    limit = naming_limit(NAMING, [0.6] * 4, [])
    assert limit
    assert (limit.px, limit.by_score, limit.score) == (8, False, None)


def test_scores_that_reach_no_threshold_have_no_limit() -> None:
    assert naming_limit(NAMING, [0.1] * 9, []) is None


def test_the_advice_says_how_much_nearer() -> None:
    found = make_range_map(places([track(14), track(12), track(40), track(8), track(14)], []), NAMING)
    assert found.typical_px == 14
    assert found.limit
    assert found.nearer == pytest.approx(found.limit.px / 14)
    assert make_range_map(places([track(40)] * 5, []), NAMING).nearer == 1


def test_cells_have_the_median_and_the_outline_is_around_those_that_reach() -> None:
    boxes = [(10, 10, 30, 20), (10, 10, 30, 40), (10, 10, 30, 30), (310, 10, 330, 18), (1590, 890, 1700, 950)]
    found = make_range_map(places([track(30)] * 5, boxes), NAMING)
    [near, far] = found.cells
    assert (near.column, near.row, near.face_px, near.faces, near.reaches) == (0, 0, 20, 3, True)
    assert (far.column, far.face_px, far.reaches) == (3, 8, False)
    assert found.outline == "M0 0h1M0 1h1M0 0v1M1 0v1"


def test_a_camera_without_tracks_has_an_empty_map() -> None:
    found = make_range_map(FacePlaces([], [], [], 0, 0), NAMING)
    assert (found.cells, found.outline, found.typical_px, found.nearer) == ([], "", None, 1)


def test_shares_count_those_who_look_enrolled_and_an_operators_word() -> None:
    tracks = [track(14), track(14, "candidate"), track(14, "unknown"), track(14, "named", verdict=0)]
    tracks += [track(14, "unknown", verdict=1), track(50)]
    bands = {band.low: band for band in size_bands(tracks)}
    assert (bands[12].tracks, bands[12].enrolled, bands[12].named) == (5, 3, 1)
    assert bands[12].share == pytest.approx(1 / 3)
    assert bands[12].least < 1 / 3 < bands[12].most
    assert bands[16].share is None
    assert (bands[48].high, bands[48].named) == (None, 1)
