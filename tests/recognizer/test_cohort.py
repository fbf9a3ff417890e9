"""The command that makes a cohort, and how a family uses it."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from detectors.runtime import Runtime
from recognizer import load
from recognizer.cohort import average_pairs, draw_faces, leave_out, main
from recognizer.load import load_recognizer, open_scoring, shipped_cohort
from recognizer.normalisation import load_cohort
from tests.synthetic.networks import paint_person, write_recognizer


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    folder = tmp_path / "faces"
    folder.mkdir()
    for person in range(12):
        image = np.full((112, 112, 3), 90, np.uint8)
        paint_person(image, person, (-14, -14, 126, 126))
        cv2.imwrite(str(folder / f"{person:02}.png"), image)
    return folder


def test_a_family_uses_the_cohort_of_its_weights_where_the_calibration_was_measured_with_it(
    tmp_path: Path, faces: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "WEIGHTS", tmp_path)
    write_recognizer(tmp_path / "glimpse_s16.onnx")
    tiny = load_recognizer("tiny", runtime=Runtime())
    assert shipped_cohort(tiny, model="tiny") is None
    out = tmp_path / "cohort_tiny.npz"
    assert main(["--recognizer", "tiny", "--data", str(faces), "--real", "--count", "12", "--out", str(out)]) == 0
    cohort = shipped_cohort(tiny, model="embedded")
    assert cohort is not None
    assert cohort.digest == load_cohort(out).digest
    assert open_scoring(tiny, model="tiny").cohort is None  # no calibration speaks of it
    write_recognizer(tmp_path / "glimpse_s16.onnx", model_id="another")
    with pytest.raises(ValueError, match=r"cohort .* other weights .*python -m recognizer\.cohort --recognizer tiny"):
        shipped_cohort(load_recognizer("tiny", runtime=Runtime()), model="tiny")


def test_templates_are_means_of_two_people() -> None:
    vectors = np.eye(4, dtype=np.float32)
    half = 0.5**0.5
    assert np.allclose(average_pairs(vectors), [[half, 0, half, 0], [0, half, 0, half]])
    assert len(average_pairs(vectors[:3])) == 1


def test_sources_give_faces_in_proportion_to_their_size_and_the_same_each_time(tmp_path: Path, faces: Path) -> None:
    few = tmp_path / "few"
    few.mkdir()
    for number in range(4):
        cv2.imwrite(str(few / f"{number}.png"), np.full((112, 112, 3), 255, np.uint8))
    drawn = draw_faces([faces, few], 8)
    assert sum(int(face.min()) == 255 for face in drawn) in (1, 2)
    assert all(np.array_equal(one, other) for one, other in zip(drawn, draw_faces([faces, few], 8), strict=True))


def test_templates_that_resemble_the_people_to_keep_apart_from_are_left_out() -> None:
    vectors = np.eye(3, dtype=np.float32)
    people = np.array([[0, 0.8, 0.6]], np.float32)
    assert leave_out(vectors, people).tolist() == [[1, 0, 0]]


def test_too_few_faces_exit_with_2(tmp_path: Path, faces: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = str(write_recognizer(tmp_path / "r.onnx"))
    arguments = ["--recognizer", model, "--data", str(faces), "--out", str(tmp_path / "c.npz")]
    assert main([*arguments, "--count", "3"]) == 2
    assert "ten or more" in capsys.readouterr().err
