"""Thresholds from the measured tails of impostor scores."""

from pathlib import Path
from statistics import NormalDist

import msgspec
import pytest
import yaml

from recognizer.calibration import (
    RATES,
    Band,
    Calibration,
    load_calibration,
    over_comparisons,
    per_comparison,
    uncalibrated,
)
from recognizer.family import hash_weights
from recognizer.onnx import load_chip_spec, make_model_id

CONFIGS = sorted((Path(__file__).parents[2] / "configs" / "recognizers").glob("*.yaml"))
CALIBRATED = [path for path in CONFIGS if "\ncalibration:" in path.read_text()]
NORMAL_TAIL = tuple(0.1 * -NormalDist().inv_cdf(rate) for rate in RATES)


def band(px: float, looks: int, shift: float) -> Band:
    return Band(px=px, looks=looks, mean=0.0, std=0.1, tail=tuple(value + shift for value in NORMAL_TAIL))


BANDS = (band(8, 1, 0.2), band(8, 5, 0.4), band(32, 1, 0.0), band(32, 5, 0.2))
CALIBRATION = Calibration(
    model_id="m", weights="0123", command="c", data="d", date="2026-01-01", rates=RATES, bands=BANDS
)


def test_thresholds_are_interpolated_between_bands_and_constant_beyond() -> None:
    assert CALIBRATION.threshold(32, 1, 1e-3) == pytest.approx(NORMAL_TAIL[2])
    assert CALIBRATION.threshold(8, 5, 1e-3) == pytest.approx(NORMAL_TAIL[2] + 0.4)
    assert CALIBRATION.threshold(16, 1, 1e-3) == pytest.approx(NORMAL_TAIL[2] + 0.1)
    assert CALIBRATION.threshold(32, 1 / 0.6, 1e-3) == pytest.approx(NORMAL_TAIL[2] + 0.1)
    assert CALIBRATION.threshold(2, 1, 0.1) == CALIBRATION.threshold(8, 1, 0.1)
    assert CALIBRATION.threshold(900, 99, 0.1) == CALIBRATION.threshold(32, 5, 0.1)


@pytest.mark.parametrize("rate", [0.3, 0.03, 3e-5, 1e-9])
def test_a_normal_distribution_is_reproduced_inside_and_beyond_the_table(rate: float) -> None:
    assert CALIBRATION.threshold(32, 1, rate) == pytest.approx(-0.1 * NormalDist().inv_cdf(rate))


@pytest.mark.parametrize("rate", [0.3, 0.03, 3e-5, 1e-9])
def test_the_rate_of_a_score_is_that_of_its_threshold(rate: float) -> None:
    for px, looks in ((8, 1), (20, 2.5), (90, 7)):
        assert CALIBRATION.rate(px, looks, CALIBRATION.threshold(px, looks, rate)) == pytest.approx(rate, rel=1e-6)
    assert CALIBRATION.rate(8, 1, -1.0) == 0.5
    assert CALIBRATION.rate(32, 1, 5.0) == 1e-15
    assert over_comparisons(per_comparison(rate, 77), 77) == pytest.approx(rate)


def test_the_rates_of_many_comparisons_combine_to_the_total() -> None:
    for comparisons in (1, 10, 50_000):
        assert 1 - (1 - per_comparison(0.001, comparisons)) ** comparisons == pytest.approx(0.001, rel=1e-3)
    assert per_comparison(0.001, 0) == pytest.approx(0.001)


def test_a_file_is_loaded_or_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    for content in (
        msgspec.to_builtins(CALIBRATION),
        {"chip_spec": {"size": 16}, "calibration": msgspec.to_builtins(CALIBRATION)},
    ):
        path.write_text(yaml.safe_dump(content))
        assert load_calibration(path, "m", weights="0123") == CALIBRATION
    with pytest.raises(ValueError, match=r"c\.yaml: expected one of model other, got m"):
        load_calibration(path, "other", weights="0123")
    for text in ("", "[", "a: 1", "calibration: 3", "x"):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"calibration .*c\.yaml"):
            load_calibration(path, "m", weights="0123")


def test_a_calibration_of_other_weights_or_of_none_is_refused_with_the_command_that_makes_one(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    for weights in ("4567", ""):
        path.write_text(yaml.safe_dump(msgspec.to_builtins(msgspec.structs.replace(CALIBRATION, weights=weights))))
        with pytest.raises(ValueError, match=r"c\.yaml was measured with other weights .*glimpse calibrate"):
            load_calibration(path, "m", weights="0123")


def test_impossible_tables_are_refused() -> None:
    with pytest.raises(ValueError, match="falling rates"):
        msgspec.structs.replace(CALIBRATION, rates=(0.1, 0.2))
    with pytest.raises(ValueError, match="each with 6 tail values"):
        msgspec.structs.replace(CALIBRATION, bands=(Band(px=1, looks=1, mean=0, std=0, tail=(0.1,)),))


def load_shipped(path: Path) -> Calibration:
    content = yaml.safe_load(path.read_text())["calibration"]
    return load_calibration(path, content["model_id"], weights=content["weights"])


@pytest.mark.shared
@pytest.mark.parametrize("path", CALIBRATED, ids=lambda path: path.stem)
def test_the_calibration_of_a_profile_was_measured_with_the_file_of_that_name(path: Path, shared: Path) -> None:
    model = shared / "models" / f"{path.stem}.onnx"
    assert load_shipped(path).weights == hash_weights([model])
    assert load_shipped(path).model_id == make_model_id(model, load_chip_spec(path))


def test_at_least_one_calibration_is_shipped() -> None:
    assert CALIBRATED


@pytest.mark.parametrize("path", CALIBRATED, ids=lambda path: path.stem)
def test_shipped_calibrations_are_ordered_and_less_strict_than_the_built_in_one(path: Path) -> None:
    calibration, built_in = load_shipped(path), uncalibrated("x")
    assert not built_in.measured
    assert calibration.measured
    assert "recognizer.calibrate" in calibration.command
    for measured in calibration.bands:
        assert list(measured.tail) == sorted(measured.tail)
        for rate in (*RATES, 1e-7):
            assert built_in.threshold(measured.px, measured.looks, rate) > calibration.threshold(
                measured.px, measured.looks, rate
            )
