"""`configs/distill-own.yaml`, as somebody follows docs/training/own.md: own faces, an own teacher, one command."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from detectors.runtime import Runtime
from distill.cli import main
from recognizer.calibration import read_calibration
from recognizer.load import load_recognizer, open_calibration
from tests.synthetic.made_faces import write_people
from tests.synthetic.networks import write_recognizer

CONFIG = Path(__file__).parents[2] / "configs" / "distill-own.yaml"
LICENCE, USED_FOR = "consent form 7 of our staff", "doors of our own buildings"
TINY = (
    "adapt.dim=12",
    "adapt.faces=128",
    "label={synthetic_faces: 256, shard_faces: 128, sharp_target_share: 1.0, low_targets: false}",
    "students={tiny: {size: 16, stages: [[16], [32, 1]], low_target_share: [0, 0], samples: 6400, batch: 64,"
    " warmup_samples: 640, workers: 0}}",
    "export.int8_calibration_faces=64",
)


def source(path: Path, aligned: bool = True) -> str:
    words = f"licence: {LICENCE}, may_be_used_for: {USED_FOR}"
    return f"faces.sources=[{{path: {path}, people: folder, aligned: {str(aligned).lower()}, {words}}}]"


def teacher(path: Path) -> str:
    return f"teachers=[{{model: {path}, licence: MIT, may_be_used_for: any purpose}}]"


def run(folder: Path, *overrides: str) -> int:
    places = (f"work={folder / 'work'}", f"export.folder={folder / 'weights'}")
    return main(["run", str(CONFIG), *places, *TINY, *overrides])


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
@pytest.mark.slow
@pytest.mark.timeout(240)
def test_own_faces_and_an_own_teacher_give_a_calibrated_student_whose_card_says_what_it_may_be_used_for(
    tmp_path: Path,
) -> None:
    write_people(tmp_path / "photographs", people=90, each=3)
    write_recognizer(tmp_path / "teacher.onnx", size=32)
    given = (source(tmp_path / "photographs"), teacher(tmp_path / "teacher.onnx"), "faces.measure_share=0.5")
    assert run(tmp_path, *given) == 0
    card = (tmp_path / "weights" / "own_tiny.md").read_text()
    assert f"| pictures | photographs | {LICENCE} | {USED_FOR} |" in card
    assert "| teacher | teacher.onnx | MIT | any purpose |" in card
    assert "135 were used for training" in card
    assert "135 more were kept apart, to measure thresholds with." in card
    assert "research only" not in card  # what the shipped files say of theirs
    assert str(tmp_path) not in card
    model = tmp_path / "weights" / "own_tiny.onnx"
    recognizer = load_recognizer(model, runtime=Runtime())
    file = tmp_path / "weights" / "own_tiny_calibration.yaml"
    calibration = open_calibration(recognizer, model=str(model), file=file)
    assert calibration.data == "45 people whom the student has not learnt from"
    assert calibration.rates == (0.1, 0.01)  # 45 * 44 comparisons show no rarer one ten times
    assert read_calibration(file).model_id == recognizer.model_id
    assert run(tmp_path, *given) == 0  # and again: everything is done


def test_a_teacher_that_is_missing_is_named_before_any_face_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_people(tmp_path / "photographs", people=2, each=1)
    assert run(tmp_path, source(tmp_path / "photographs"), teacher(tmp_path / "teacher.onnx")) == 2
    assert f"teachers.model: no such file: {tmp_path / 'teacher.onnx'}" in capsys.readouterr().err
    assert not (tmp_path / "work" / "faces").exists()


def test_the_configuration_as_it_is_names_the_first_file_that_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(CONFIG), f"work={tmp_path}"]) == 2
    assert "teachers.model: no such file:" in capsys.readouterr().err


def test_a_folder_without_pictures_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "photographs").mkdir()
    write_recognizer(tmp_path / "teacher.onnx", size=32)
    assert run(tmp_path, source(tmp_path / "photographs"), teacher(tmp_path / "teacher.onnx")) == 2
    assert "faces.sources: expected faces in photographs, found none" in capsys.readouterr().err


def test_a_folder_that_is_missing_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_recognizer(tmp_path / "teacher.onnx", size=32)
    assert run(tmp_path, source(tmp_path / "photographs"), teacher(tmp_path / "teacher.onnx")) == 2
    assert f"{tmp_path / 'photographs'}: no such folder or zip of pictures" in capsys.readouterr().err


def test_photographs_without_a_face_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "photographs" / "ada").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "photographs" / "ada" / "wall.png"), np.full((64, 96, 3), 90, np.uint8))
    write_recognizer(tmp_path / "teacher.onnx", size=32)
    assert run(tmp_path, source(tmp_path / "photographs", aligned=False), teacher(tmp_path / "teacher.onnx")) == 2
    assert "found none; refused: {'no face found': 1}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("people", "told"),
    [
        (20, "faces: expected more to learn from than the 12 dimensions of a head (adapt.dim), got 10"),
        (60, "faces.measure_share: expected 40 people or more to measure with, got 30"),
    ],
)
def test_too_few_faces_are_told_before_anything_is_learnt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], people: int, told: str
) -> None:
    write_people(tmp_path / "photographs", people=people, each=1)
    write_recognizer(tmp_path / "teacher.onnx", size=32)
    given = (source(tmp_path / "photographs"), teacher(tmp_path / "teacher.onnx"), "faces.measure_share=0.5")
    assert run(tmp_path, *given) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "work" / "adapt").exists()
