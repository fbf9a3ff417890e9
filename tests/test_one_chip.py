"""Serving, enrolment and training cut the same chip from the same photograph, to the last grey level."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from detectors.arrays import Chips, Float32, Image
from detectors.base import Detections
from distill.data import align
from pipeline.tracks.crops import cut_crop
from pipeline.tracks.track import TrackState
from pipeline.types import Frame, Track
from recognizer.calibration import uncalibrated
from recognizer.gallery import Gallery
from recognizer.gallery.enroll import Enroller, Verdict
from recognizer.spec import ChipSpec, aligned_landmarks
from tests.synthetic.recognizers import VectorsOnly

SIDE, LEFT, TOP = 112, 60, 40
SPEC = ChipSpec(size=SIDE)


class OneFaceDetector:
    """Finds one face, always with the same landmarks: in pixels, corner of the first pixel at (0, 0).

    In a copy of another size, where these pixels show something else, it finds nothing.
    """

    name = "one face"

    def __init__(self, landmarks: Float32) -> None:
        low, high = landmarks.min(axis=0) - 30, landmarks.max(axis=0) + 30
        box = np.concatenate([low, high]).astype(np.float32)
        self._detections = Detections(box[None], np.array([0.9], np.float32), landmarks[None])

    def detect(self, image: Image) -> Detections:
        return self._detections if image.shape == (260, 300, 3) else Detections.empty()


class RecordingRecognizer(VectorsOnly):
    """Remembers the chips it is asked to embed."""

    model_id, dim = "recording", 4

    def __init__(self) -> None:
        self.chips: list[Image] = []

    def spec_for(self, face_px: float) -> ChipSpec:
        return SPEC

    def embed(self, chips: Chips) -> Float32:
        self.chips.extend(chips)
        return np.tile(np.array([1, 0, 0, 0], np.float32), (len(chips), 1))


@pytest.fixture
def photograph() -> Image:
    """Detail at every scale, so that half a pixel changes grey levels everywhere."""
    noise = np.random.default_rng(3).integers(0, 256, (260, 300, 3), np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.0), np.uint8)


def chip_when_serving(photograph: Image, detector: OneFaceDetector) -> Image:
    found = detector.detect(photograph)
    assert found.landmarks is not None
    track = Track("cam", 1, found.boxes[0], 0.9, found.landmarks[0], 0.0)
    state = TrackState(track, Frame("cam", 0, 0.0, 0.0, 0.0, photograph))
    crop = cut_crop(state, photograph, RecordingRecognizer())
    assert crop is not None
    return crop.chip


def chip_when_enrolling(photograph: Image, detector: OneFaceDetector, folder: Path) -> Image:
    (folder / "people" / "ada").mkdir(parents=True)
    cv2.imwrite(str(folder / "people" / "ada" / "photograph.png"), photograph)
    recognizer = RecordingRecognizer()
    enroller = Enroller(detector, recognizer, uncalibrated("recording"), min_sharpness=0.0, max_blur=1.1)
    with Gallery(folder / "gallery.db", create=True) as gallery:
        (outcome,) = enroller.enroll(folder / "people", gallery)
    assert outcome.verdict is Verdict.TAKEN
    return recognizer.chips[0]


def chip_when_training(photograph: Image, detector: OneFaceDetector, monkeypatch: pytest.MonkeyPatch) -> Image:
    monkeypatch.setattr(align, "load_detector", lambda *_, **__: detector)
    (chip,) = align.Aligner("detector.onnx").align(photograph)
    return chip


def test_a_face_at_the_chip_s_own_size_is_cut_pixel_by_pixel(
    photograph: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Landmarks on the template, moved by whole pixels: the chip must be that part of the photograph."""
    detector = OneFaceDetector((aligned_landmarks(SIDE) + np.array([LEFT, TOP])).astype(np.float32))
    expected = photograph[TOP : TOP + SIDE, LEFT : LEFT + SIDE]
    np.testing.assert_array_equal(chip_when_serving(photograph, detector), expected)
    np.testing.assert_array_equal(chip_when_enrolling(photograph, detector, tmp_path), expected)
    np.testing.assert_array_equal(chip_when_training(photograph, detector, monkeypatch), expected)


@pytest.mark.parametrize(("scale", "degrees"), [(0.6, 20), (1.7, -35)])
def test_a_tilted_face_of_another_size_gives_one_chip(
    scale: float, degrees: float, photograph: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    angle = np.deg2rad(degrees)
    turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    landmarks = (aligned_landmarks(SIDE) - SIDE / 2) @ turn + np.array([150.3, 130.8])
    detector = OneFaceDetector(landmarks.astype(np.float32))
    serving = chip_when_serving(photograph, detector)
    np.testing.assert_array_equal(chip_when_enrolling(photograph, detector, tmp_path), serving)
    np.testing.assert_array_equal(chip_when_training(photograph, detector, monkeypatch), serving)
