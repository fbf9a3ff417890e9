"""Faces of whole photographs: which are taken, and in which order."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from detectors.arrays import Float32, Image
from detectors.base import Detections, FaceDetector
from distill.data.align import MIN_FACE_PX, Aligner
from distill.errors import DistillError
from recognizer.spec import ChipSpec


def test_photographs_without_a_detector_say_what_is_missing() -> None:
    with pytest.raises(DistillError, match=r"faces\.detector: expected a detector"):
        Aligner("").align(np.zeros((64, 64, 3), np.uint8))


def detections(heights: Sequence[float], scores: Sequence[float]) -> Detections:
    """Faces in a row, 200 pixels apart, with landmarks of the ArcFace template scaled to their height."""
    left = np.arange(len(heights)) * 200.0
    tall = np.array(heights)
    boxes = np.stack([left, np.zeros_like(left), left + tall, tall], axis=1).astype(np.float32)
    template = np.array(ChipSpec(size=112).template) / 112
    points: Float32 = (template[None] * tall[:, None, None] + np.stack([left, 0 * left], 1)[:, None]).astype(np.float32)
    return Detections(boxes, np.array(scores, np.float32), points)


def aligner(found: Detections) -> Aligner:
    def detect(image: Image) -> Detections:
        return found

    opened = Aligner("model.onnx")
    opened._detector = cast(FaceDetector, SimpleNamespace(detect=detect))
    return opened


def test_small_and_uncertain_faces_are_left_out_and_the_best_comes_first() -> None:
    photograph = np.zeros((200, 900, 3), np.uint8)
    for index, level in enumerate((50, 100, 150, 200)):
        photograph[:, 200 * index : 200 * index + 200] = level
    found = detections([100, 100, 100, MIN_FACE_PX - 1], [0.7, 0.59, 0.9, 0.99])
    faces = aligner(found).align(photograph)
    assert [int(face[56, 56, 0]) for face in faces] == [150, 50]
    assert all(face.shape == (112, 112, 3) for face in faces)


def test_a_detector_without_landmarks_is_refused() -> None:
    boxes_only = Detections(np.zeros((1, 4), np.float32), np.ones(1, np.float32), None)
    with pytest.raises(DistillError, match=r"faces\.detector: expected one that gives landmarks, got model.onnx"):
        aligner(boxes_only).align(np.zeros((64, 64, 3), np.uint8))
