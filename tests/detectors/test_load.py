"""Loading a detector by file, pack name, and options."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from detectors.load import load_detector
from detectors.runtime import Runtime
from detectors.scrfd import ScrfdDetector
from detectors.yunet import YuNetDetector
from tests.detectors.real import crowd, matched
from tests.detectors.scrfd_network import write_scrfd
from tests.synthetic.networks import paint_person, write_detector, write_recognizer

CPU = Runtime()


def test_formats_are_recognised_by_their_outputs(tmp_path: Path) -> None:
    assert isinstance(load_detector(str(write_detector(tmp_path / "a.onnx")), runtime=CPU), YuNetDetector)
    assert isinstance(load_detector(str(write_scrfd(tmp_path / "b.onnx")), runtime=CPU), ScrfdDetector)


def test_an_unknown_format_is_refused_with_its_outputs(tmp_path: Path) -> None:
    model = write_recognizer(tmp_path / "c.onnx")
    with pytest.raises(ValueError, match=r"c\.onnx: not a face detector .*embedding.*expected YuNet's .*SCRFD's"):
        load_detector(str(model), runtime=CPU)


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"gone\.onnx"):
        load_detector(str(tmp_path / "gone.onnx"), runtime=CPU)


@pytest.mark.parametrize("score", [0, -1, 1.5, float("nan")])
def test_invalid_scores_are_refused(tmp_path: Path, score: float) -> None:
    with pytest.raises(ValueError, match=r"score: expected above 0 and at most 1, got"):
        load_detector(str(tmp_path / "any.onnx"), runtime=CPU, score=score)


def test_a_pack_folder_is_loaded(tmp_path: Path) -> None:
    write_scrfd(tmp_path / "det.onnx")
    assert load_detector(f"pack:{tmp_path}", runtime=CPU).name == "det"


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({}, "a"),
        ({"tile": 128}, "a/128"),
        ({"long_side": 640}, "a@640"),
        ({"long_side": 640, "tile": 256}, "a/256@640"),
    ],
)
def test_resizing_and_tiles_find_the_same_face(tmp_path: Path, options: dict[str, int], name: str) -> None:
    image = np.full((180, 320, 3), 90, np.uint8)
    paint_person(image, 0, (150, 70, 174, 94))
    detector = load_detector(str(write_detector(tmp_path / "a.onnx")), runtime=CPU, **options)
    found = detector.detect(image)
    assert detector.name == name
    np.testing.assert_allclose(found.boxes, [[150, 70, 174, 94]], atol=1)


@pytest.mark.slow
def test_a_face_in_a_4k_frame_is_found(tmp_path: Path) -> None:
    image = np.full((2160, 3840, 3), 90, np.uint8)
    paint_person(image, 0, (3000, 2000, 3024, 2024))
    found = load_detector(str(write_detector(tmp_path / "a.onnx")), runtime=CPU).detect(image)
    np.testing.assert_allclose(found.boxes, [[3000, 2000, 3024, 2024]], atol=1)


@pytest.mark.shared
def test_a_real_model_in_a_pack_finds_faces(shared: Path, tmp_path: Path) -> None:
    shutil.copy(shared / "models" / "scrfd_500m_kps.onnx", tmp_path / "det_500m.onnx")
    shutil.copy(shared / "models" / "omz_landmarks_0009.onnx", tmp_path / "2d106det.onnx")
    detector = load_detector(f"pack:{tmp_path}", runtime=CPU)
    assert detector.name == "det_500m"
    assert matched(detector, crowd(shared, 6)) > 0.5
