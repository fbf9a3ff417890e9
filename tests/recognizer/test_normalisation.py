"""Scores normalised against a cohort: who resembles everybody gains nothing, and files are bound to weights."""

from pathlib import Path

import numpy as np
import pytest

from detectors.arrays import Float32
from recognizer.gallery.index import GalleryIndex
from recognizer.normalisation import EXPONENT, TOP_SHARE, Cohort, load_cohort
from recognizer.preprocess import l2_normalise

DIM = 32


def unit_rows(count: int, seed: int, *, towards: float = 0.0) -> Float32:
    """Random directions, drawn `towards` the first axis."""
    rows = np.random.default_rng(seed).normal(size=(count, DIM))
    rows[:, 0] += towards
    return l2_normalise(rows)


COHORT = Cohort(unit_rows(400, 1, towards=3), weights="0123")


def test_scores_are_relative_to_the_nearest_strangers_on_both_sides() -> None:
    template, face = unit_rows(1, 2), unit_rows(1, 3)
    top = round(TOP_SHARE * 400)

    def nearness(side: Float32) -> tuple[float, float]:
        nearest = np.sort(side @ COHORT.vectors.T, axis=1)[0, -top:]
        return float(nearest.mean()), float(nearest.std())

    others = np.sort(COHORT.vectors @ COHORT.vectors.T - 2 * np.eye(400), axis=1)[:, -top:]
    usual, scale = others.mean(), (others.std(axis=1) ** EXPONENT).mean()
    cosine = float(template[0] @ face[0])
    relative = [(cosine - mean) / std**EXPONENT for mean, std in (nearness(template), nearness(face))]
    score = GalleryIndex("m", face, ["ann"], cohort=COHORT).search(template).scores[0, 0]
    assert score == pytest.approx(usual + scale * np.mean(relative), abs=1e-4)


def test_a_face_that_resembles_everybody_loses_and_an_average_one_keeps_its_cosine() -> None:
    usual, average = unit_rows(1, 4), unit_rows(200, 5, towards=3)
    crowd = l2_normalise(np.eye(1, DIM, dtype=np.float32) + 0.1 * usual)  # the direction all of the cohort share
    index = GalleryIndex("m", np.concatenate([crowd, usual]), ["crowd", "usual"])
    probe = l2_normalise(1.1 * crowd + usual)
    plain, against = (chosen.search(probe).scores[0] for chosen in (index, index.against(COHORT)))
    assert plain[0] > plain[1]
    assert against[0] < against[1]
    pairs = GalleryIndex("m", average[:100], [f"{row:03}" for row in range(100)])
    difference = pairs.against(COHORT).search(average[100:]).scores - pairs.search(average[100:]).scores
    assert abs(float(difference.mean())) < 0.03


def test_an_index_keeps_its_people_with_and_without_a_cohort() -> None:
    index = GalleryIndex("m", unit_rows(4, 6), ["bob", "ann", "bob", "cid"])
    again = index.against(COHORT).against(None)
    assert again.people == index.people
    assert np.array_equal(again.search(unit_rows(3, 7)).scores, index.search(unit_rows(3, 7)).scores)
    assert GalleryIndex.empty("m").against(COHORT).search(unit_rows(1, 8)).scores.shape == (1, 0)


def test_a_file_gives_back_the_same_cohort(tmp_path: Path) -> None:
    COHORT.save(tmp_path / "c.npz")
    again = load_cohort(tmp_path / "c.npz")
    assert (again.weights, again.digest) == ("0123", COHORT.digest)
    assert np.array_equal(again.vectors, COHORT.vectors)
    assert (again.vectors * unit_rows(400, 1, towards=3)).sum(axis=1).min() > 0.9999
    assert Cohort(unit_rows(400, 9), weights="0123").digest != COHORT.digest


def test_a_file_that_tells_no_share_is_read_as_it_was_made(tmp_path: Path) -> None:
    rows = unit_rows(400, 1, towards=3)
    old = Cohort(rows, weights="0123", share=0.1)
    old.save(tmp_path / "told.npz")
    with np.load(tmp_path / "told.npz") as content:
        np.savez(tmp_path / "untold.npz", vectors=content["vectors"], weights=content["weights"])
    again = load_cohort(tmp_path / "untold.npz")
    assert (again.share, again.digest) == (0.1, old.digest)
    assert again.digest != Cohort(rows, weights="0123").digest
    assert np.array_equal(again.nearness(rows).mean, old.nearness(rows).mean)
    assert (again.nearness(rows).mean < COHORT.nearness(rows).mean).all()


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="cohort: expected a share above 0 and at most 1"):
        Cohort(unit_rows(20, 1), weights="w", share=share)


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.npz").write_bytes(b"no archive")
    np.savez(tmp_path / "d.npz", other=np.zeros(3))
    for name in ("c.npz", "d.npz", "missing.npz"):
        with pytest.raises(ValueError, match=rf"{name[0]}.*npz: expected a file of python -m recognizer\.cohort"):
            load_cohort(tmp_path / name)
