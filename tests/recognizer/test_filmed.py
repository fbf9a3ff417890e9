"""Films of photographs: the faces stay aligned and in order, and noise and compression are there."""

import numpy as np
import pytest

from detectors.arrays import Chips, Float32, Image
from recognizer.chips import cut_chip
from recognizer.filmed import COLUMNS, FACES, GROWTH, TYPICAL_FRAME, film_tracks, pool_looks, through_h264
from recognizer.lengths import LengthBand
from recognizer.population import shrink_face
from recognizer.preprocess import l2_normalise
from recognizer.spec import ChipSpec
from tests.synthetic.recognizers import VectorsOnly

SPEC = ChipSpec(size=16)


class Grey(VectorsOnly):
    """Its vectors are the chips themselves, without their mean."""

    model_id, dim = "grey", SPEC.size**2

    def spec_for(self, face_px: float) -> ChipSpec:
        return SPEC

    def embed(self, chips: Chips) -> Float32:
        flat = chips.astype(np.float32).mean(axis=3).reshape(len(chips), -1)
        return l2_normalise(flat - flat.mean(axis=1, keepdims=True))


def picture(number: int) -> Image:
    """Coarse blocks, drawn by number: other people's have nothing in common."""
    blocks = np.random.default_rng(number).integers(0, 255, (7, 7, 3), np.uint8)
    return np.asarray(np.kron(blocks, np.ones((16, 16, 1), np.uint8)), np.uint8)


def film(count: int, *, px: float = 32.0, seed: int = 1, lengths: tuple[LengthBand, ...] = ()) -> list[Float32]:
    looks = film_tracks(Grey(), [picture(number) for number in range(count)], px, lengths, seed=seed)
    return [np.stack([look.vector for look in some]) for some in looks]


def test_each_track_shows_its_own_picture_in_every_frame() -> None:
    """More pictures than one film holds, and a last row that is not full."""
    filmed = film(FACES + COLUMNS + 3, px=40)
    random = np.random.default_rng(0)
    views = [shrink_face(picture(number), 32, random=random) for number in range(len(filmed))]
    sharp = Grey().embed(np.stack([cut_chip(image, points, SPEC) for image, points in views]))
    likeness = np.stack(filmed) @ sharp.T
    assert (likeness.argmax(axis=2) == np.arange(len(filmed))[:, None]).all()
    assert np.median(likeness[np.arange(len(filmed)), TYPICAL_FRAME, np.arange(len(filmed))]) > 0.8


def test_looks_of_one_photograph_differ_a_little() -> None:
    for vectors in film(4):
        cosines = (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]
        assert 0.5 < cosines.mean() < 0.995
        assert cosines.max() < 0.9999


def test_faces_grow_around_the_size_asked_for_and_nearer_ones_weigh_more() -> None:
    (looks,) = film_tracks(Grey(), [picture(1)], 20.0, (), seed=1)
    heights = [look.face_px for look in looks]
    assert heights == pytest.approx(20 * GROWTH)
    assert heights[TYPICAL_FRAME] == pytest.approx(20, rel=0.02)
    assert [look.weight for look in looks] == sorted(look.weight for look in looks)
    assert pool_looks(looks).pooled_px == pytest.approx(20, rel=0.1)


def test_the_same_seed_makes_the_same_film_and_another_seed_another() -> None:
    first, again, other = film(3), film(3), film(3, seed=2)
    np.testing.assert_array_equal(first, again)
    assert np.abs(np.stack(first) - np.stack(other)).max() > 0.01


def test_pooled_looks_are_no_more_than_they_are() -> None:
    (looks,) = film_tracks(Grey(), [picture(1)], 20.0, (), seed=1)
    assert pool_looks(looks[:1]).looks == 1.0
    assert 1.0 < pool_looks(looks).looks < len(looks)
    assert pool_looks([]).looks == 0.0


def test_no_picture_is_no_track() -> None:
    assert film(0) == []


def test_compression_keeps_the_frames_and_costs_detail() -> None:
    random = np.random.default_rng(0)
    frames = [random.integers(100, 140, (48, 64, 3)).astype(np.uint8) for _ in range(5)]
    fine, coarse = through_h264(frames, 5), through_h264(frames, 40)
    assert [frame.shape for frame in fine] == [frame.shape for frame in frames]

    def detail(some: list[Image]) -> float:
        return float(np.mean([frame.astype(float).mean(axis=2).std() for frame in some]))

    assert detail(coarse) < 0.5 * detail(fine)
