"""From a track's landmarks to a chip: detectors and chips count pixels from different corners, and neither may slip."""

import numpy as np
import pytest

from detectors.arrays import Chips
from pipeline.tracks.crops import cut
from pipeline.tracks.track import TrackState
from pipeline.types import Frame, Track
from recognizer.evidence import Evidence
from recognizer.spec import ChipSpec
from tests.synthetic.networks import face_landmarks, paint_person

SPEC = ChipSpec(size=16)


class Reader:
    """Takes chips of 16 px."""

    model_id, dim = "reader", 2

    def spec_for(self, face_px: float) -> ChipSpec:
        return SPEC

    def embed(self, chips: Chips) -> np.ndarray:
        return np.zeros((len(chips), 2), np.float32)


def subject(landmarks: np.ndarray | None, box: tuple[float, float, float, float]) -> TrackState:
    track = Track("cam", 1, np.array(box, np.float32), 0.9, landmarks, 0.0)
    return TrackState(track, Frame("cam", 0, 0.0, 0.0, 0.0, np.zeros((0, 0, 3), np.uint8)), Evidence())


@pytest.mark.parametrize(("x", "y"), [(12, 10), (31, 25)])
def test_a_chip_at_its_own_size_is_the_picture_itself(x: int, y: int) -> None:
    image = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    points = np.asarray(SPEC.template, np.float32) + np.array([x, y], np.float32)  # by the middle of the first pixel
    crop = cut(subject(points + np.float32(0.5), (x, y, x + 16, y + 16)), image, Reader())
    assert crop is not None
    np.testing.assert_array_equal(crop.chip, image[y : y + 16, x : x + 16])


@pytest.mark.parametrize("with_landmarks", [True, False])
def test_a_symmetric_face_gives_a_symmetric_chip(with_landmarks: bool) -> None:
    box = (20.0, 18.0, 36.0, 34.0)
    image = np.full((64, 64, 3), 90, np.uint8)
    paint_person(image, 0, box)
    both = np.concatenate([image[:, :28], image[:, 27::-1]], axis=1)[:, :56]  # mirrored about the face's middle
    crop = cut(subject(face_landmarks(box) if with_landmarks else None, box), both, Reader())
    assert crop is not None
    chip = crop.chip.astype(float).mean(axis=2)
    lopsided = np.abs(chip - chip[:, ::-1]).mean() / chip.std()
    assert lopsided < 0.25
