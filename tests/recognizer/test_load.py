"""`embedded` loads the students in the folder of weights: one alone, several as a family."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from detectors.runtime import Runtime
from recognizer import load
from recognizer.calibration import load_calibration
from recognizer.family import RecognizerFamily
from recognizer.load import load_recognizer, shipped_calibration, students_in
from tests.synthetic.networks import write_recognizer


def test_the_shipped_recogniser_embeds_faces() -> None:
    recognizer = load_recognizer("embedded", runtime=Runtime())
    size = recognizer.spec_for(16).size
    vectors = recognizer.embed(np.random.default_rng(0).integers(0, 255, (2, size, size, 3), np.uint8))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def test_several_students_are_a_family_and_float_copies_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in (16, 32):
        write_recognizer(tmp_path / f"glimpse_s{size}.onnx", size)
    shutil.copy(tmp_path / "glimpse_s16.onnx", tmp_path / "glimpse_s16_fp32.onnx")
    monkeypatch.setattr(load, "WEIGHTS", tmp_path)
    family = load_recognizer("embedded", runtime=Runtime())
    assert isinstance(family, RecognizerFamily)
    assert [family.spec_for(px).size for px in (10, 18, 30, 90)] == [16, 16, 32, 32]


def test_a_folder_without_students_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="glimpse_s"):
        students_in(tmp_path)


def test_any_other_model_is_a_path(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.onnx"):
        load_recognizer(tmp_path / "nothing.onnx", runtime=Runtime())
    assert load_recognizer(write_recognizer(tmp_path / "own.onnx"), runtime=Runtime()).model_id == "synthetic"


def test_the_shipped_recogniser_has_a_measured_calibration() -> None:
    path = shipped_calibration("embedded")
    calibration = load_calibration(path, load_recognizer("embedded", runtime=Runtime()).model_id)
    assert calibration.measured
    assert calibration.threshold(16, 1, 1e-3) < calibration.threshold(16, 1, 1e-5) < 1
    assert shipped_calibration("own.onnx") == ""
