"""Which boxes of a photograph are faces that can be enrolled, and why the others are refused."""

import dataclasses
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from detectors.arrays import Chips, Float32, Image
from detectors.base import Detections, FaceDetector
from recognizer.base import Readings
from recognizer.chips import box_landmarks
from recognizer.gallery.enroll import (
    Enroller,
    Verdict,
)
from recognizer.lengths import LengthBand
from recognizer.preprocess import l2_normalise
from recognizer.spec import ChipSpec
from tests.synthetic.painted_people import WithLengths, enroll_folder, paint_picture, write_picture
from tests.synthetic.recognizers import VectorsOnly


class BlindToDetail(VectorsOnly):
    """A recogniser whose vectors hold no detail finer than a 12-pixel face, so every photograph counts as blurred."""

    model_id, dim = "blind", 9

    def spec_for(self, face_px: float) -> ChipSpec:
        return ChipSpec(size=64)

    def embed(self, chips: Chips) -> Float32:
        small = np.stack([cv2.resize(chip, (3, 3), interpolation=cv2.INTER_AREA)[..., 1] for chip in chips])
        rows = small.reshape(len(chips), -1).astype(np.float32)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_a_photograph_without_fine_detail_is_refused_as_blurred(tmp_path: Path, enroller: Enroller) -> None:
    write_picture(tmp_path / "faces" / "a" / "x.png", paint_picture((1, 60)))
    strict = dataclasses.replace(enroller, recognizer=BlindToDetail())
    reason = enroll_folder(strict, tmp_path / "faces")["a/x.png"].reason
    assert reason.startswith("blurred: cosine 1.00 with its copy reduced to 12 px")
    lenient = dataclasses.replace(strict, max_blur=1.1)
    assert enroll_folder(lenient, tmp_path / "faces")["a/x.png"].verdict is Verdict.TAKEN


@pytest.mark.parametrize(("min_length", "verdict"), [(None, "refused"), (0.0, "taken")])
def test_a_chip_that_is_hardly_a_face_to_the_recogniser_is_refused(
    tmp_path: Path, enroller: Enroller, min_length: float | None, verdict: str
) -> None:
    long = (LengthBand(px=64, least=1e6, typical=2e6),)
    calibration = msgspec.structs.replace(enroller.calibration, lengths=long)
    strict = dataclasses.replace(
        enroller, calibration=calibration, min_length=min_length, recognizer=WithLengths(enroller.recognizer)
    )
    write_picture(tmp_path / "faces" / "Ada" / "one.png", paint_picture((1, 60)))
    [outcome] = enroll_folder(strict, tmp_path / "faces").values()
    assert outcome.verdict == verdict
    if min_length is None:
        assert outcome.reason.startswith("hardly a face: feature length 3.00, at least 1000000.00 needed at 60 px")


class EmptyDetector:
    """Finds nothing."""

    name = "empty"

    def detect(self, image: Image) -> Detections:
        return Detections.empty()


class AlsoFinds:
    """A detector that finds one box more, with landmarks in its middle."""

    name = "also"

    def __init__(self, inner: FaceDetector, box: tuple[float, float, float, float], score: float) -> None:
        self._inner, self._box, self._score = inner, np.array([box], np.float32), score

    def detect(self, image: Image) -> Detections:
        found = self._inner.detect(image)
        assert found.landmarks is not None
        own = box_landmarks(self._box[0])[None]
        return Detections(
            np.concatenate([found.boxes, self._box]),
            np.append(found.scores, np.float32(self._score)).astype(np.float32),
            np.concatenate([found.landmarks, own]),
        )


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        ((45, 80, 95, 130), ""),  # half of the face at (40, 60, 100, 120): a second box on the same head
        ((60, 70, 90, 100), ""),  # an eye
        ((150, 60, 200, 110), "two faces: ambiguous, crop the picture to one"),
    ],
)
def test_a_second_box_on_the_same_head_is_no_second_person(
    tmp_path: Path, enroller: Enroller, box: tuple[float, float, float, float], reason: str
) -> None:
    write_picture(tmp_path / "faces" / "Ada" / "one.png", paint_picture((1, 60)))
    nested = dataclasses.replace(enroller, detector=AlsoFinds(enroller.detector, box, 0.9))
    assert [outcome.reason for outcome in enroll_folder(nested, tmp_path / "faces").values()] == [reason]


class LongFeaturesForPeople(WithLengths):
    """Features are 3 long for a chip with a painted person, and 1 for a grey one."""

    def read(self, chips: Chips) -> Readings:
        return Readings(self.embed(chips), np.where(chips.std(axis=(1, 2, 3)) > 5, 3, 1).astype(np.float32))


def test_what_the_recogniser_calls_no_face_is_no_second_person(tmp_path: Path, enroller: Enroller) -> None:
    write_picture(tmp_path / "faces" / "Ada" / "one.png", paint_picture((1, 60), side=640))
    lengths = (LengthBand(px=64, least=2, typical=3),)
    strict = dataclasses.replace(
        enroller,
        calibration=msgspec.structs.replace(enroller.calibration, lengths=lengths),
        recognizer=LongFeaturesForPeople(enroller.recognizer),
        detector=AlsoFinds(enroller.detector, (250, 250, 320, 320), 0.99),
    )
    [outcome] = enroll_folder(strict, tmp_path / "faces").values()
    assert outcome.verdict is Verdict.TAKEN
    assert outcome.face_px == pytest.approx(60, rel=0.1)


def test_a_weak_box_is_refused_with_its_score_and_the_limit(tmp_path: Path, enroller: Enroller) -> None:
    write_picture(tmp_path / "faces" / "Ada" / "none.png", paint_picture())
    weak = dataclasses.replace(enroller, detector=AlsoFinds(enroller.detector, (50, 50, 120, 120), 0.55))
    [outcome] = enroll_folder(weak, tmp_path / "faces").values()
    assert outcome.reason == "no face: best score 0.55, at least 0.7 needed (--min-score)"


class Halves(WithLengths):
    """A vector of the contrast in the left and in the right half of a chip."""

    def embed(self, chips: Chips) -> Float32:
        half = chips.shape[2] // 2
        rows = np.stack([part.std(axis=(1, 2, 3)) for part in (chips[:, :, :half], chips[:, :, half:])], axis=1)
        return l2_normalise(rows + 1e-3)


@pytest.mark.parametrize(("side", "reason"), [(0, ""), (30, "turned away or cut at the wrong place: cosine ")])
def test_a_face_unlike_its_mirror_image_is_refused(tmp_path: Path, enroller: Enroller, side: int, reason: str) -> None:
    image = paint_picture((1, 60))
    image[60:120, 40 : 40 + side] = 90  # one half of the face is gone
    write_picture(tmp_path / "faces" / "Ada" / "one.png", image)
    fixed = AlsoFinds(EmptyDetector(), (40, 60, 100, 120), 0.9)
    halves = Halves(enroller.recognizer)
    strict = dataclasses.replace(enroller, detector=fixed, recognizer=halves, min_mirror=0.7, max_blur=1.0)
    [outcome] = enroll_folder(strict, tmp_path / "faces").values()
    assert outcome.reason.startswith(reason)
    assert (outcome.verdict is Verdict.TAKEN) == (not reason)
