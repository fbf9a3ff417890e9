"""Reading the faces of a gallery together with their mirror images."""

import numpy as np

from detectors.arrays import Chips
from recognizer.base import Readings
from recognizer.enrolled import read_enrolled
from recognizer.preprocess import l2_normalise
from recognizer.spec import ChipSpec


class LeftRight:
    """Reads the mean brightness of the left and of the right half; nothing at all in a face whose left half is 1."""

    model_id, weights, dim = "halves", "w", 2

    def spec_for(self, face_px: float) -> ChipSpec:
        return ChipSpec(size=16)

    def read(self, chips: Chips) -> Readings:
        halves = np.stack([chips[:, :, :8].mean(axis=(1, 2, 3)), chips[:, :, 8:].mean(axis=(1, 2, 3))], axis=1)
        halves[halves[:, 0] == 1] = 0
        return Readings(l2_normalise(halves), np.linalg.norm(halves, axis=1).astype(np.float32))

    def embed(self, chips: Chips) -> np.ndarray:
        return self.read(chips).vectors


def chip(left: int, right: int) -> Chips:
    face = np.full((1, 16, 16, 3), right, np.uint8)
    face[:, :, :8] = left
    return face


def test_a_face_and_its_mirror_image_give_one_vector_and_the_length_is_the_face_s_own() -> None:
    one, other = read_enrolled(LeftRight(), chip(200, 50)), read_enrolled(LeftRight(), chip(50, 200))
    assert np.allclose(one.vectors, other.vectors)
    assert np.allclose(one.vectors, 0.5**0.5)
    assert np.allclose(one.lengths, np.hypot(200, 50))


def test_a_side_without_a_vector_gives_none() -> None:
    assert not read_enrolled(LeftRight(), chip(1, 50)).vectors.any()
    assert not read_enrolled(LeftRight(), chip(50, 1)).vectors.any()
