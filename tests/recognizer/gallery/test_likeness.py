"""Doubts about a new photograph: it looks like somebody else, or unlike its own person."""

import math

import numpy as np
import pytest

from detectors.arrays import Float32
from recognizer.calibration import Band, Calibration, uncalibrated
from recognizer.gallery.face import Face
from recognizer.gallery.index import GalleryIndex
from recognizer.gallery.known_faces import KnownFaces
from recognizer.gallery.likeness import RESEMBLANCE_RATE, doubts_of
from recognizer.normalisation import Cohort
from recognizer.preprocess import l2_normalise

RATES = (0.1, 0.01, 1e-3, 1e-4)
MEASURED = Calibration(
    model_id="m",
    command="",
    data="",
    date="",
    rates=RATES,
    bands=(Band(px=64, looks=1, mean=0, std=0.1, tail=(0.1, 0.2, 0.3, 0.4)),),
)


def towards(cosine: float) -> Float32:
    """A unit vector with this cosine to the first axis."""
    return np.array([cosine, math.sqrt(1 - cosine**2), 0, 0], np.float32)


def known(**faces: int) -> KnownFaces:
    """So many faces of each person: the first person on the first axis, the others on the last."""
    found = KnownFaces(GalleryIndex.empty("m"), None)
    for number, (person, count) in enumerate(faces.items()):
        for _ in range(count):
            found.append(person, np.eye(4, dtype=np.float32)[3 * bool(number)])
    return found


def doubts(cosine: float, person: str, enrolled: KnownFaces, calibration: Calibration = MEASURED) -> list[str]:
    return doubts_of(Face(towards(cosine), "a.jpg", "1", face_px=64.0), person, enrolled, calibration)


def test_a_photograph_that_looks_like_its_person_and_nobody_else_is_beyond_doubt() -> None:
    assert doubts(0.5, "Ada", known(Ada=1, Ben=1)) == []
    assert doubts(0.1, "Cleo", known(Ada=1, Ben=1)) == []
    assert doubts(0.5, "Ada", known()) == []


def test_one_that_does_not_look_like_its_person_says_so_with_score_and_what_was_expected() -> None:
    [said] = doubts(0.25, "Ada", known(Ada=1))
    assert said == (
        "does not look like the other photograph of Ada: score 0.25, expected 0.30, below which strangers stay;"
        " does each show the same person?"
    )
    assert doubts(0.31, "Ada", known(Ada=1)) == []


def test_the_more_photographs_there_are_the_more_like_one_of_them_it_must_be() -> None:
    [said] = doubts(0.31, "Ada", known(Ada=3))
    assert said.startswith("does not look like any of the other 3 photographs of Ada: score 0.31, expected 0.3")
    assert doubts(0.36, "Ada", known(Ada=3)) == []


def test_somebody_elses_photograph_gets_both_doubts() -> None:
    other, own = doubts(0.9, "Ben", known(Ada=1, Ben=2))
    assert other.startswith("looks like Ada: score 0.90, strangers stay below 0.3")
    assert own.startswith("does not look like any of the other 2 photographs of Ben: score 0.00")


def test_without_a_measured_calibration_nobody_is_called_unlike_themselves() -> None:
    assert doubts(0.25, "Ada", known(Ada=1), uncalibrated("m")) == []
    assert doubts(0.9, "Ben", known(Ada=1), uncalibrated("m")) != []


@pytest.mark.parametrize(
    "cohort",
    [None, Cohort(l2_normalise(np.random.default_rng(7).normal(size=(40, 4)).astype(np.float32)), weights="w")],
)
def test_likeness_is_the_score_that_the_pipeline_compares(cohort: Cohort | None) -> None:
    vectors = l2_normalise(np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32))
    faces = KnownFaces(GalleryIndex("m", vectors, ["Ada", "Ben"] * 3), cohort)
    probe = l2_normalise(np.random.default_rng(2).normal(size=(1, 4)).astype(np.float32))
    scores = GalleryIndex("m", vectors, ["Ada", "Ben"] * 3, cohort=cohort).search(probe).scores[0]
    own = faces.nearest_own(probe[0], "Ada")
    assert own is not None
    assert own.faces == 3
    assert own.score == pytest.approx(scores[0], abs=1e-5)
    assert faces.nearest_own(probe[0], "Cleo") is None


def test_strangers_are_called_unlike_but_for_the_rate() -> None:
    """By construction: the threshold is that of the calibration at the rate of a resemblance."""
    assert MEASURED.threshold(64, 1, RESEMBLANCE_RATE) == pytest.approx(0.3)
