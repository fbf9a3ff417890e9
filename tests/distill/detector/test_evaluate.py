"""Evaluation sets, and results of scripted detectors on them."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from distill.detector.config import SceneSource
from distill.detector.evaluate import (
    EvaluationSet,
    evaluate_detectors,
    make_evaluation_set,
    make_validation_set,
    summarise,
    time_detectors,
)
from distill.detector.mosaics import Mosaic
from distill.detector.photo_set import Photo, PhotoSet
from distill.detector.split import Part, part_of
from distill.detector.training_data import LabelledPhoto, TrainingData
from tests.distill.detector.scripted import FACES, POINTS, ScriptedDetector, make_mosaic


def test_all_detectors_run_on_the_same_mosaics() -> None:
    evaluation_set = EvaluationSet({16: [make_mosaic()]}, {"doors": [Mosaic(pictures=4)]}, [])
    detectors = {
        "all": ScriptedDetector(FACES, [0.9, 0.8, 0.7], POINTS),
        "none": ScriptedDetector(np.zeros((0, 4), np.float32), []),
    }
    first, second = evaluate_detectors(detectors, evaluation_set)
    time_detectors(detectors, [first, second], evaluation_set, rounds=2)
    assert first.pictures == {"doors": 4}
    assert first.false_alarms["doors"].tolist() == pytest.approx([0.9, 0.8, 0.7])
    assert [len(result.seconds) for result in (first, second)] == [2, 2]
    assert (first.recall(16, 1.0), second.recall(16, 1.0)) == (1, 0)
    assert summarise(second)["landmarks"] == {"16": None}
    json.dumps([summarise(first), summarise(second)], allow_nan=False)


def test_the_test_is_the_held_out_part_and_conventions_are_fitted_on_the_training_part(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for folder in ("crowd", "doors"):
        (tmp_path / folder).mkdir()
        for number in range(12):
            cv2.imwrite(str(tmp_path / folder / f"{number:02}.png"), rng.integers(0, 255, (90, 90, 3)).astype(np.uint8))
    boxes = {f"{number:02}.png": [[10, 10, 74, 74]] for number in range(12)}
    (tmp_path / "crowd" / "boxes.json").write_text(json.dumps(boxes))
    scenes = [
        SceneSource(str(tmp_path / "crowd"), boxes="boxes.json"),
        SceneSource(str(tmp_path / "doors"), without_faces=True),
    ]
    found = make_evaluation_set(scenes, None)
    parts = {
        folder: [part_of(path.read_bytes()) for path in (tmp_path / folder).glob("*.png")]
        for folder in ("crowd", "doors")
    }
    held_out = parts["crowd"].count(Part.HELD_OUT)
    assert held_out > 0
    assert {sum(mosaic.pictures for mosaic in mosaics) for mosaics in found.with_faces.values()} == {held_out}
    assert len(found.fitting) == parts["crowd"].count(Part.TRAIN)
    assert sum(mosaic.pictures for mosaic in found.without_faces["doors"]) == parts["doors"].count(Part.HELD_OUT)


def test_a_validation_set_takes_labels_as_they_are(tmp_path: Path) -> None:
    photo_set = PhotoSet(tmp_path, "any")
    photo_set.raw.write_bytes(bytes(80 * 80 * 3))
    photo, none = Photo("any", Part.VALIDATION, 0, 80, 80), np.zeros((0, 4), np.float32)
    face, ignore = np.array([[8, 8, 72, 72]], np.float32), np.array([[0, 0, 4, 4]], np.float32)
    labelled = LabelledPhoto(photo_set, photo, face, np.zeros((1, 5, 2), np.float32), ignore)
    empty = LabelledPhoto(photo_set, photo, none, np.zeros((0, 5, 2), np.float32), none)
    found = make_validation_set(TrainingData([labelled], [empty, empty], []), (32,))
    [mosaic] = found.with_faces[32]
    np.testing.assert_allclose(mosaic.boxes, face / 2)
    np.testing.assert_allclose(mosaic.ignore, ignore / 2)
    assert [one.pictures for one in found.without_faces["empty"]] == [2]
