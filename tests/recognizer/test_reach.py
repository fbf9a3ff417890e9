"""Reaches: continued tails, what people themselves reach, and refusals that follow."""

from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from detectors.arrays import Float64
from recognizer.calibration import RATES, Band, Calibration, per_comparison, read_calibration
from recognizer.false_names import list_false_names
from recognizer.load import shipped_calibration
from recognizer.reach import Reach, ReachBand
from recognizer.refusal import Asked, describe_limit, find_refusal
from recognizer.tail_fit import TailScores, continue_tail

TAIL = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
REACH_RATES = (1e-3, 1e-6, 1e-9, 1e-12)


def make_band(px: float, looks: float, best: float) -> ReachBand:
    """best: the score that half of the people reach."""
    middle, least, most = (0.3, 0.6, 0.8, 0.95), (0.29, 0.58, 0.7, 0.8), (0.31, 0.62, 0.85, 1.1)
    return ReachBand(px=px, looks=looks, middle=middle, least=least, most=most, genuine=(best + 0.1, best, best - 0.3))


REACH = Reach(
    command="c",
    data="d",
    date="2026-01-01",
    rates=REACH_RATES,
    counted=1e-6,
    shares=(0.01, 0.5, 0.99),
    bands=(make_band(12, 1, 0.5), make_band(12, 2, 0.6), make_band(64, 1, 0.9)),
)
CALIBRATION = Calibration(
    model_id="m",
    command="c",
    data="d",
    date="2026-01-01",
    rates=RATES,
    bands=(Band(px=8, looks=1, mean=0, std=0.1, tail=TAIL), Band(px=64, looks=1, mean=0, std=0.1, tail=TAIL)),
    reach=REACH,
)
WITHOUT = msgspec.structs.replace(CALIBRATION, reach=None)


@pytest.mark.parametrize(
    ("px", "looks", "found"),
    [(5, 0, (12, 1)), (30, 1.9, (12, 1)), (30, 9, (12, 2)), (64, 1, (64, 1)), (200, 5, (64, 1))],
)
def test_the_band_is_the_nearest_that_promises_no_more(px: float, looks: float, found: tuple[float, float]) -> None:
    band = REACH.band(px, looks)
    assert (band.px, band.looks) == found


def test_a_rate_and_its_interval_are_read_off_the_curves() -> None:
    middle, low, high = REACH.rate(REACH.bands[0], 0.8)
    assert middle == pytest.approx(1e-9, rel=0.01)
    assert low == pytest.approx(1e-12, rel=0.01)
    assert 1e-9 < high < 1e-8


def test_the_share_of_people_who_reach_a_score() -> None:
    band = REACH.bands[0]
    assert REACH.genuine_share(band, 0.5) == pytest.approx(0.5)
    assert REACH.genuine_share(band, 0.99) == 0
    assert REACH.genuine_share(band, -1) == 1


def test_thresholds_beyond_the_counted_rates_follow_the_reach() -> None:
    for rate in RATES:
        assert CALIBRATION.threshold(20, 1, rate) == WITHOUT.threshold(20, 1, rate)
    assert CALIBRATION.threshold(20, 1, 1e-9) == pytest.approx(0.8)
    assert WITHOUT.threshold(20, 1, 1e-9) != pytest.approx(0.8, abs=0.01)
    assert CALIBRATION.continued_rate(20, 1, 0.8) == pytest.approx(1e-9, rel=0.01)
    assert CALIBRATION.continued_rate(20, 1, 0.3) == CALIBRATION.rate(20, 1, 0.3)


@pytest.mark.parametrize("shift", [-0.05, 0.0, 0.04])
def test_a_threshold_never_falls_and_never_jumps_as_the_gallery_grows(shift: float) -> None:
    calibration = move_tails(shift)
    faces = np.unique(np.geomspace(1, 10**7, 500).astype(int))
    thresholds = [calibration.threshold(20, 1.3, per_comparison(0.001, int(count))) for count in faces]
    assert (np.diff(thresholds) >= 0).all()
    assert np.diff(thresholds[-300:]).max() < 0.003


@pytest.mark.parametrize("shift", [-0.05, 0.0, 0.04])
def test_counted_rates_meet_a_reach_that_was_measured_apart(shift: float) -> None:
    calibration = move_tails(shift)
    assert calibration.threshold(20, 1, 0.999e-6) == pytest.approx(0.6 + shift, abs=1e-3)
    assert calibration.threshold(20, 1, 1e-9) == pytest.approx(0.8 + shift)
    for rate in (0.9e-6, 1e-7, 1e-9, 1e-11):
        score = calibration.threshold(20, 1, rate)
        assert calibration.continued_rate(20, 1, score) == pytest.approx(rate, rel=1e-3)
    assert calibration.continued_rate(20, 1, 0.6 + shift) == pytest.approx(1e-6)


def move_tails(shift: float) -> Calibration:
    """Counted tails that end so far above the reach."""
    bands = [msgspec.structs.replace(band, tail=tuple(one + shift for one in TAIL)) for band in CALIBRATION.bands]
    return msgspec.structs.replace(CALIBRATION, bands=tuple(bands))


def test_a_small_gallery_is_never_refused() -> None:
    for calibration in (CALIBRATION, WITHOUT):
        assert find_refusal(calibration, Asked(0.001, 1000), 12, 1) == ""
        assert describe_limit(calibration, Asked(0.001, 1000)) == ""


def test_where_people_themselves_do_not_reach_the_threshold_nobody_is_named() -> None:
    asked = Asked(0.001, 10**6)
    assert "leaves 0.0 % of people's own tracks at 12 px" in find_refusal(CALIBRATION, asked, 20, 1)
    assert find_refusal(CALIBRATION, asked, 70, 1) == ""
    sentence = describe_limit(CALIBRATION, asked)
    assert "1000000 faces at a false alarm of 0.001: nobody is named from faces of 12 px" in sentence
    assert "site list" in sentence


def test_where_the_fit_is_too_unsure_nobody_is_named() -> None:
    wide = msgspec.structs.replace(REACH.bands[2], most=(0.31, 0.62, 1.5, 2.0))
    unsure = msgspec.structs.replace(CALIBRATION, reach=msgspec.structs.replace(REACH, bands=(wide,)))
    assert "cannot be shown at 64 px" in find_refusal(unsure, Asked(0.001, 10**6), 70, 1)
    assert "at any face height" in describe_limit(unsure, Asked(0.001, 10**6))


def test_without_a_reach_two_decades_beyond_the_counted_rates_are_allowed() -> None:
    assert find_refusal(WITHOUT, Asked(0.001, 99_000), 20, 1) == ""
    assert "asks for less than the 1e-08" in find_refusal(WITHOUT, Asked(0.001, 200_000), 20, 1)


def test_false_names_a_day_are_those_that_were_asked_for() -> None:
    rows = list(list_false_names(CALIBRATION, [10**6], false_alarm=0.001, strangers_a_day=5000))
    assert len(rows) == 3
    assert all(row.a_day == pytest.approx(5, rel=0.05) for row in rows)
    assert all(row.low < row.a_day < row.high for row in rows)
    assert [bool(row.refusal) for row in rows] == [True, True, False]
    kept = list(list_false_names(CALIBRATION, [10**6], false_alarm=0.001, strangers_a_day=5000, kept=True))
    assert all(row.a_day > 1000 and row.threshold == pytest.approx(0.6, abs=0.01) for row in kept)


def test_a_calibration_without_a_reach_says_how_to_measure_one() -> None:
    with pytest.raises(ValueError, match="calibrate_reach"):
        list(list_false_names(WITHOUT, [10], false_alarm=0.001, strangers_a_day=1))


def test_a_normal_tail_lies_within_the_interval_of_its_fit() -> None:
    random = np.random.default_rng(3)
    scores = (0.1 * random.standard_normal((400, 1500))).astype(np.float32)
    curve = continue_tail(TailScores.of(scores, np.ones(scores.shape, bool)), (1e-3, 1e-4, 1e-6, 1e-8))
    true = (0.309, 0.372, 0.475, 0.561)
    for low, middle, high, value in zip(curve.least, curve.middle, curve.most, true, strict=True):
        assert low - 0.005 <= value <= high + 0.005
        assert low <= middle <= high
    assert curve.most[3] - curve.least[3] > 2 * (curve.most[1] - curve.least[1])


def test_an_exponential_tail_lies_within_the_interval_of_its_fit() -> None:
    scores = np.random.default_rng(4).exponential(0.05, (400, 1500)).astype(np.float32)
    curve = continue_tail(TailScores.of(scores, np.ones(scores.shape, bool)), (1e-4, 1e-8))
    assert curve.least[1] <= 0.05 * np.log(1e8) <= curve.most[1]


def draw_normal() -> Float64:
    """Fits of its begin lie above the end of the counts: the exponential one takes the tail for a heavier one."""
    return 0.1 * np.random.default_rng(3).standard_normal((400, 1500))


def draw_alike() -> Float64:
    """Fits of its begin lie below the end of the counts: a dozen pairs look alike."""
    scores = draw_normal()
    scores[np.arange(12), np.arange(12)] = np.linspace(0.6, 0.9, 12)
    return scores


@pytest.mark.parametrize("draw", [draw_normal, draw_alike])
def test_the_fit_begins_where_the_counts_end(draw: Callable[[], Float64]) -> None:
    scores = draw().astype(np.float32)
    tail = TailScores.of(scores, np.ones(scores.shape, bool))
    beside = continue_tail(tail, (1.0001 * tail.rarest, 0.9999 * tail.rarest))
    for curve in (beside.middle, beside.least, beside.most):
        assert curve[1] == pytest.approx(curve[0], abs=2e-3)
    middle = np.array(continue_tail(tail, tail.rarest * np.geomspace(50, 0.001, 60)).middle)
    assert (np.diff(middle) >= 0).all()


def test_the_same_person_is_no_stranger() -> None:
    scores = np.random.default_rng(5).normal(0, 0.1, (300, 300)).astype(np.float32)
    np.fill_diagonal(scores, 5.0)
    curve = continue_tail(TailScores.of(scores, ~np.eye(300, dtype=bool)), (1e-3, 1e-4))
    assert max(curve.most) < 1


def test_the_shipped_reach_refuses_small_faces_among_a_million() -> None:
    calibration = read_calibration(shipped_calibration("large"))
    assert "1000000 faces at a false alarm of 0.001: nobody is named" in describe_limit(
        calibration, Asked(0.001, 10**6)
    )
    assert describe_limit(calibration, Asked(0.001, 1000)) == ""


@pytest.mark.parametrize("model", ["tiny", "base", "large"])
@pytest.mark.parametrize("px", [8, 12, 20, 64, 112])
def test_shipped_thresholds_do_not_jump_where_counted_rates_end(model: str, px: float) -> None:
    calibration = read_calibration(shipped_calibration(model))
    for looks in (1, 1.5, 4):
        counted, fitted = (calibration.threshold(px, looks, 1e-6 * by) for by in (1.001, 0.999))
        assert 0 <= fitted - counted < 1e-3
