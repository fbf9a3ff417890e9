"""Test people are found by name and by similarity."""

from pathlib import Path

import cv2
import numpy as np

from detectors.runtime import Runtime
from distill.config import ExcludeSettings
from distill.data.store import FaceNote, face_rows
from distill.progress import Log, read_log
from distill.teacher.exclude import exclude_test_people, max_similarity
from distill.teacher.model import Ensemble, Teacher
from distill.work_folder import WorkFolder
from recognizer.onnx import read_chip_spec
from tests.synthetic.distill_world import painted
from tests.synthetic.networks import write_recognizer


def test_test_people_are_left_out_by_name_and_by_likeness(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    (tmp_path / "test" / "Ann_Lee").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "test" / "Ann_Lee" / "Ann_Lee_0001.png"), painted(0, rng))
    rows = face_rows(WorkFolder(tmp_path / "work"))
    rows.append(np.stack([painted(person, rng) for person in (5, 0, 6)]))
    notes = [FaceNote("s", "1.png", "s/ann lee"), FaceNote("s", "2.png"), FaceNote("s", "3.png", "s/bo")]
    model = write_recognizer(tmp_path / "teacher.onnx", size=32)
    teacher = Ensemble([Teacher(model, read_chip_spec(model), Runtime())], [1.0])
    settings = ExcludeSettings(images=str(tmp_path / "test"), similarity=0.8)
    log = Log(tmp_path / "log.jsonl")
    usable = exclude_test_people(settings, WorkFolder(tmp_path / "work"), teacher, notes, log)
    assert usable.tolist() == [False, False, True]
    assert read_log(tmp_path / "log.jsonl")[0] | {"time": 0} == {
        "stage": "exclude",
        "time": 0,
        "by_name": 1,
        "by_similarity": 1,
        "dropped": {"s": 2},
    }


def test_nearest_looks_at_every_test_face() -> None:
    rows = np.eye(3, dtype=np.float16)
    assert max_similarity(rows, np.eye(3, dtype=np.float32)[:2], chunk=2).tolist() == [1, 1, 0]


def test_no_rows_resemble_nobody() -> None:
    assert max_similarity(np.zeros((0, 3), np.float16), np.eye(3, dtype=np.float32)).shape == (0,)
