"""The halves share nobody, pools weigh as tracks do, and a band tells the tail of strangers alone."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from detectors.arrays import Float32
from recognizer.calibrate_links import RATES, Tracks, half_of, keep_tracks, measure_band, pool_tracks, read_half, worst
from recognizer.calibration import Band
from tests.synthetic.strangers import face, links


def tracks(people: list[int], vectors: list[Float32]) -> Tracks:
    ones = np.ones(len(people), np.float32)
    return Tracks([str(person) for person in people], np.stack(vectors), 2 * ones, 4 * ones)


def test_both_halves_have_people() -> None:
    halves = [half_of(f"Person {number}") for number in range(200)]
    assert 70 < sum(halves) < 130


def test_a_pool_of_tracks_has_their_looks_together() -> None:
    pooled = pool_tracks(tracks([1, 1, 2], [face(1, 1), face(1, 2), face(2, 1)]), [[0, 1]])
    assert (pooled.people, pooled.looks.tolist(), pooled.weights.tolist()) == (["1"], [4.0], [8.0])
    mean = face(1, 1) + face(1, 2)
    np.testing.assert_allclose(pooled.vectors[0], mean / np.linalg.norm(mean), atol=1e-6)


def test_pairs_of_one_person_are_no_strangers() -> None:
    """Each person twice, alike: their own pairs would be the whole upper tail."""
    people = [number // 2 for number in range(400)]
    given = tracks(people, [face(person) for person in people])
    band = measure_band(given, given, 24, links().cohort)
    assert band.looks == 2.0
    assert len(band.tail) == len(RATES)
    assert list(band.tail) == sorted(band.tail)
    assert band.tail[1] == pytest.approx(0.125 * 2.33, abs=0.08)  # random directions of 64 dimensions
    assert band.tail[-1] < 0.9


def band(looks: float, *tail: float) -> Band:
    return Band(px=24, looks=looks, mean=0.0, std=0.1, tail=tail)


def test_of_two_measurements_the_more_careful_one_counts_at_each_rate() -> None:
    filmed = [band(1, 0.1, 0.3, 0.4, 0.5, 0.6), band(4, 0.2, 0.4, 0.5, 0.6, 0.7)]
    shrunk = [band(1, 0.2, 0.2, 0.2, 0.6, 0.6), band(2, 0.3, 0.3, 0.3, 0.3, 0.9)]
    first, second = worst(filmed, shrunk)
    assert first.tail == (0.2, 0.3, 0.4, 0.6, 0.6)
    assert second.tail == (0.3, 0.4, 0.5, 0.6, 0.9)  # beyond two looks, those of two count
    assert (first.looks, second.looks) == (1, 4)


def test_a_part_of_the_people_is_drawn_with_all_their_photographs(tmp_path: Path) -> None:
    for number in range(30):
        folder = tmp_path / f"Person {number}"
        folder.mkdir()
        for shot in range(2):
            cv2.imwrite(str(folder / f"{shot}.png"), np.full((8, 8, 3), 8 * number, np.uint8))
    everybody, some = read_half(tmp_path, 0), read_half(tmp_path, 0, most=5)
    rest = read_half(tmp_path, 0, leave_out=5)
    assert set(rest.people) == set(everybody.people) - set(some.people)
    assert len(set(some.people)) == 5
    assert len(some.pictures) == 10
    assert set(some.people) < set(everybody.people)
    assert all(
        int(shown[0, 0, 0]) == 8 * int(name.split()[1]) for name, shown in zip(some.people, some.pictures, strict=True)
    )


def test_tracks_that_are_kept_are_made_once(tmp_path: Path) -> None:
    made = [tracks([1, 2], [face(1), face(2)])]
    kept = [keep_tracks(tmp_path / "new" / "tracks.npz", made.pop) for _ in range(2)]
    assert kept[0].people == kept[1].people == ["1", "2"]
    np.testing.assert_array_equal(kept[1].vectors, np.stack([face(1), face(2)]))
    assert (kept[1].looks.tolist(), kept[1].weights.tolist()) == ([2.0, 2.0], [4.0, 4.0])
