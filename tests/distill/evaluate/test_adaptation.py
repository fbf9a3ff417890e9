"""LFW accuracy of the teacher before and after the head."""

from pathlib import Path

import numpy as np
import pytest

from distill.adapt.head import Head
from distill.config import FacesSettings, Settings
from distill.evaluate.adaptation import AdaptationTest
from tests.synthetic.coloured_faces import ColourEnsemble, write_coloured_faces


def make_test(folder: Path, monkeypatch: pytest.MonkeyPatch, ensemble: ColourEnsemble) -> AdaptationTest:
    monkeypatch.setattr("distill.evaluate.adaptation.open_cached_ensemble", lambda settings: ensemble)
    return AdaptationTest(Settings("work", FacesSettings(()), (), {}, evaluate=write_coloured_faces(folder)))


def make_head(matrix: np.ndarray, low_mean: float = 0.0) -> Head:
    return Head(np.zeros(3, np.float32), np.full(3, low_mean, np.float32), matrix.astype(np.float32))


def test_sides_use_the_features_of_their_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = make_test(tmp_path, monkeypatch, ColourEnsemble(blind_below=17))  # `adapt.low_px` is 16
    assert test.accuracies(None) == {"sharp": 100, "low_low": 50, "high_low": 50}


def test_an_identity_head_changes_nothing_and_a_zero_head_loses_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = make_test(tmp_path, monkeypatch, ColourEnsemble())
    assert test.accuracies(make_head(np.eye(3))) == test.accuracies(None)
    assert test.accuracies(make_head(np.zeros((3, 2)))) == {"sharp": 50, "low_low": 50, "high_low": 50}


def test_the_low_mean_applies_to_low_features_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = make_test(tmp_path, monkeypatch, ColourEnsemble())
    accuracies = test.accuracies(make_head(np.eye(3), low_mean=1e9))  # all low features become equal
    assert accuracies == {"sharp": 100, "low_low": 50, "high_low": 50}


def test_the_strict_rates_are_those_of_all_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = make_test(tmp_path, monkeypatch, ColourEnsemble(blind_below=17))
    rates = test.strict_rates(None)
    assert rates["high_low"] == 0 < rates["sharp"]
    assert rates["spread"] == 0  # every two people have orthogonal features
