"""The table beside the paper: parameters, accuracy at a size, and the rows on step 1."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.paper import ROOT, count_parameters, embed_mirrored, low_low, step_1
from detectors.runtime import Runtime
from distill.metrics.lfw import Pairs
from recognizer.load import load_recognizer
from tests.synthetic.networks import write_recognizer


def test_parameters_are_the_numbers_of_the_float_twin(tmp_path: Path) -> None:
    model = write_recognizer(tmp_path / "a.onnx", size=16)
    assert count_parameters(model) == 3 + 16 * 16 * 32
    write_recognizer(tmp_path / "a_fp32.onnx", size=32)
    assert count_parameters(model) == 3 + 32 * 32 * 32


def test_faces_are_shrunk_before_they_are_compared(tmp_path: Path) -> None:
    recognizer = load_recognizer(write_recognizer(tmp_path / "a.onnx", size=16), runtime=Runtime())
    one, other = (np.random.default_rng(seed).integers(0, 255, (4, 4, 3), np.uint8) for seed in (1, 2))
    images = np.stack([np.kron(face, np.ones((28, 28, 1), np.uint8)) for face in (one, one, other, other)])
    rows = np.array([0, 2, 0, 1] * 2), np.array([1, 3, 2, 3] * 2)
    same = np.array([True, True, False, False] * 2)
    pairs = Pairs(*rows, same, np.repeat([0, 1], 4))
    assert low_low(recognizer, images, pairs, 8) == 1.0


def test_the_gallery_side_does_not_depend_on_the_side_a_face_shows(tmp_path: Path) -> None:
    recognizer = load_recognizer(write_recognizer(tmp_path / "a.onnx", size=16), runtime=Runtime())
    faces = np.random.default_rng(0).integers(0, 255, (3, 32, 32, 3), np.uint8)
    found = embed_mirrored(recognizer, faces)
    assert np.allclose(found, embed_mirrored(recognizer, faces[:, :, ::-1]), atol=1e-6)
    assert np.allclose(np.linalg.norm(found, axis=1), 1)


def test_step_1_comes_from_the_recorded_ablation(tmp_path: Path) -> None:
    (*_, rows) = step_1(ROOT / "docs" / "training" / "findings.md")
    assert "| with step 1 | 80.5 | 41.7 | 76.2 |" in rows
    (tmp_path / "empty.md").write_text("")
    with pytest.raises(ValueError, match="expected a row"):
        step_1(tmp_path / "empty.md")
