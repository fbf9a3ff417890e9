"""Reading the faces of a gallery together with their mirror images, and by several members."""

import numpy as np
import pytest

from detectors.arrays import Chips
from recognizer.base import Readings
from recognizer.enrolled import enrolment_specs, read_enrolled
from recognizer.family import RecognizerFamily
from recognizer.preprocess import l2_normalise
from recognizer.spec import ChipSpec


class LeftRight:
    """Reads the mean brightness of the left and of the right half; nothing at all in a face whose left half is 1."""

    model_id, weights, dim = "halves", "w", 2

    def __init__(self, size: int = 16) -> None:
        self._spec = ChipSpec(size=size, lineage="halves")

    def spec_for(self, face_px: float) -> ChipSpec:
        return self._spec

    def read(self, chips: Chips) -> Readings:
        half = chips.shape[2] // 2
        halves = np.stack([chips[:, :, :half].mean(axis=(1, 2, 3)), chips[:, :, half:].mean(axis=(1, 2, 3))], axis=1)
        halves[halves[:, 0] == 1] = 0
        return Readings(l2_normalise(halves), np.linalg.norm(halves, axis=1).astype(np.float32))

    def embed(self, chips: Chips) -> np.ndarray:
        return self.read(chips).vectors


def chip(left: int, right: int, size: int = 16) -> Chips:
    face = np.full((1, size, size, 3), right, np.uint8)
    face[:, :, : size // 2] = left
    return face


def read_one(left: int, right: int) -> Readings:
    return read_enrolled(LeftRight(), 16, lambda spec: chip(left, right, spec.size))


def test_a_face_and_its_mirror_image_give_one_vector_and_the_length_is_the_face_s_own() -> None:
    one, other = read_one(200, 50), read_one(50, 200)
    assert np.allclose(one.vectors, other.vectors)
    assert np.allclose(one.vectors, 0.5**0.5)
    assert np.allclose(one.lengths, np.hypot(200, 50))


def test_a_side_without_a_vector_gives_none() -> None:
    assert not read_one(1, 50).vectors.any()
    assert not read_one(50, 1).vectors.any()


def test_smaller_members_read_an_enrolled_face_too_and_larger_ones_do_not() -> None:
    family = RecognizerFamily([LeftRight(size) for size in (16, 32, 64)])
    assert [spec.size for spec in enrolment_specs(family, 200)] == [64, 32, 16]
    assert [spec.size for spec in enrolment_specs(family, 30)] == [32, 16]
    assert [spec.size for spec in enrolment_specs(LeftRight(), 200)] == [16]


def test_the_member_for_the_face_counts_twice_and_all_smaller_ones_together_once() -> None:
    seen = {64: (1.0, 1.0), 32: (1.0, 0.0), 16: (0.0, 1.0)}  # what each size sees, as directions
    family = RecognizerFamily([LeftRight(size) for size in seen])

    def cut(spec: ChipSpec) -> Chips:
        left, right = seen[spec.size]
        return chip(round(200 * left), round(200 * right), spec.size)

    own = np.array([0.5**0.5, 0.5**0.5])
    expected = 2 * own + np.array([0.5, 0.5])
    read = read_enrolled(family, 200, cut)
    assert read.vectors[0] == pytest.approx(expected / np.linalg.norm(expected))
    assert read.lengths[0] == pytest.approx(200 * 2**0.5)  # that of the member for the face
