"""How often strangers reach thresholds, counted without labels."""

import numpy as np
import pytest

from detectors.arrays import Float32
from glimpse.selfcheck.seen_track import SeenTrack
from glimpse.selfcheck.tail import count_tails
from recognizer.calibration import Band, Calibration
from recognizer.gallery.index import GalleryIndex

DIM, PEOPLE, TRACKS = 64, 40, 400
RANDOM = np.random.default_rng(0)


def units(count: int) -> Float32:
    vectors = RANDOM.normal(size=(count, DIM))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


FACES = units(PEOPLE)
INDEX = GalleryIndex("m", FACES, [f"person {row:02d}" for row in range(PEOPLE)])
STRANGERS = units(TRACKS)


def calibration(factor: float = 1.0) -> Calibration:
    """Of random vectors: cosines are normal with deviation 1/8."""
    tail = tuple(factor * sigma / np.sqrt(DIM) for sigma in (1.2816, 2.3263))
    band = Band(px=16, looks=1, mean=0, std=0.125, tail=tail)
    return Calibration(model_id="m", command="", data="", date="", rates=(0.1, 0.01), bands=(band,))


def tracks(vectors: Float32, name: str | None = None) -> list[SeenTrack]:
    return [SeenTrack("door", 0, 1, 16.0, template=vector, name=name) for vector in vectors]


def test_strangers_reach_it_as_often_as_expected_without_their_nearest() -> None:
    common, rare = count_tails(tracks(STRANGERS), INDEX, calibration())
    assert (common.rate, rare.rate) == (0.1, 0.01)
    assert common.ratio == pytest.approx(0, abs=0.15)
    assert common.expected == pytest.approx(TRACKS * (0.1 * PEOPLE - 1 + 0.9**PEOPLE), rel=1e-6)
    assert 0 < common.error < 0.2


def test_thresholds_of_something_else_show() -> None:
    assert count_tails(tracks(STRANGERS), INDEX, calibration(0.5))[0].ratio > 0.7
    assert count_tails(tracks(STRANGERS), INDEX, calibration(2.0))[0].ratio < -2


def test_enrolled_people_do_not_count_as_strangers_with_or_without_a_name() -> None:
    known = (FACES[np.arange(TRACKS) % PEOPLE] + 0.3 * STRANGERS).astype(np.float32)
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    named = [track for row, vector in enumerate(known) for track in tracks(vector[None], f"person {row % PEOPLE:02d}")]
    for some in (named, tracks(known)):
        assert abs(count_tails(some, INDEX, calibration())[0].ratio) < 0.45


def test_too_few_comparisons_say_nothing() -> None:
    assert count_tails(tracks(STRANGERS[:5]), INDEX, calibration()) == []
    assert count_tails([], INDEX, calibration()) == []
    assert count_tails(tracks(STRANGERS), GalleryIndex.empty("m"), calibration()) == []
    assert count_tails([SeenTrack("door", 0, 1, 16.0)], INDEX, calibration()) == []
