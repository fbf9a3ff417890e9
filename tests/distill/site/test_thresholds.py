"""Thresholds of a fitted student: none falls, and each rises as strangers' scores did."""

from pathlib import Path

import numpy as np
import pytest

from detectors.runtime import Runtime
from distill.site.measure import Scores
from distill.site.thresholds import Strangers, raise_thresholds, rises, scale_lengths, tails
from recognizer.calibration import Band, Calibration
from recognizer.lengths import LengthBand
from recognizer.load import load_recognizer
from tests.synthetic.networks import write_recognizer

RATES = (0.1, 0.01, 1e-3, 1e-4)
PEOPLE = 150


def scores(mean: float) -> Scores:
    values = np.random.default_rng(0).normal(mean, 0.1, (PEOPLE, PEOPLE)).astype(np.float32)
    return Scores(values, ~np.eye(PEOPLE, dtype=bool), np.ones(PEOPLE, bool))


def rose(step: float, start: float = 0.0) -> Strangers:
    return Strangers(scores(start), scores(start + step))


def calibration() -> Calibration:
    bands = tuple(Band(px=px, looks=1, mean=0.0, std=0.1, tail=(0.3, 0.4, 0.5, 0.6)) for px in (16, 64))
    return Calibration(model_id="m", weights="w", command="made", data="d", date="2026-01-01", rates=RATES, bands=bands)


def test_rates_that_the_site_is_too_small_for_rise_as_much_as_the_others() -> None:
    assert len(tails(scores(0.0), RATES)) == 3  # 22,350 pairs show 1 in 1,000 and not 1 in 10,000
    assert rises(rose(0.05), RATES) == pytest.approx([0.05] * 4, abs=1e-5)


def test_a_threshold_rises_as_scores_did_at_rarer_rates_too() -> None:
    before, after = scores(0.0), scores(0.0)
    rarest = after.values > np.quantile(after.values, 0.998)
    after.values[rarest] += 0.1
    assert rises(Strangers(before, after), RATES) == pytest.approx([0.1] * 4, abs=0.01)


def test_a_threshold_never_falls(tmp_path: Path) -> None:
    assert rises(rose(-0.2), RATES) == [0.0] * 4
    model = load_recognizer(write_recognizer(tmp_path / "own.onnx"), runtime=Runtime())
    new = raise_thresholds(
        calibration(), [rose(-0.2)], [rose(-0.2)], far_px=28, lengths=(), recognizer=model, origin="50 people"
    )
    assert [band.tail for band in new.bands] == [band.tail for band in calibration().bands]


def test_far_and_near_faces_rise_by_the_set_of_theirs_that_rose_most_and_the_rest_is_of_the_new_weights(
    tmp_path: Path,
) -> None:
    model = load_recognizer(write_recognizer(tmp_path / "own.onnx"), runtime=Runtime())
    new = raise_thresholds(
        calibration(),
        [rose(0.02), rose(0.05), rose(-0.1)],
        [rose(0.01)],
        far_px=28,
        lengths=(),
        recognizer=model,
        origin="50 people of the site",
    )
    far, near = new.bands
    assert far.tail == pytest.approx((0.35, 0.45, 0.55, 0.65), abs=1e-4)
    assert near.tail == pytest.approx((0.31, 0.41, 0.51, 0.61), abs=1e-4)
    assert (new.model_id, new.weights, new.reach) == (model.model_id, model.weights, None)
    assert new.data == "d; 50 people of the site"
    assert new.command == "made; then python -m distill site"


def test_where_the_site_was_worse_than_the_calibration_its_own_scores_count(tmp_path: Path) -> None:
    model = load_recognizer(write_recognizer(tmp_path / "own.onnx"), runtime=Runtime())
    alike = rose(0.0, start=0.4)  # strangers score 0.4 here
    new = raise_thresholds(
        calibration(), [rose(0.0), alike], [alike], far_px=28, lengths=(), recognizer=model, origin="o"
    )
    assert new.bands[0].tail[0] == pytest.approx(tails(alike.after, RATES)[0], abs=1e-4)
    assert list(new.bands[0].tail) == sorted(new.bands[0].tail)


def test_lengths_follow_the_fit_up_to_the_greatest_far_face() -> None:
    bands = (LengthBand(px=16, least=0.2, typical=0.4), LengthBand(px=64, least=0.5, typical=0.8))
    before, after = np.full(9, 0.5, np.float32), np.full(9, 0.6, np.float32)
    far, near = scale_lengths(bands, before, after, far_px=28)
    assert (far.least, far.typical) == pytest.approx((0.24, 0.48))
    assert near == bands[1]
    none = np.full(9, np.nan, np.float32)
    assert scale_lengths(bands, none, none, far_px=28) == bands
    assert scale_lengths(bands, none[:0], after, far_px=28) == bands
