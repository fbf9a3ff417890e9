"""What a photograph risks, on vectors whose answer is known."""

from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float32
from pipeline.web.risk import risks_of
from recognizer.normalisation import Cohort
from recognizer.preprocess import l2_normalise


@dataclass
class Photo:
    vector: Float32
    source: str = ""
    sha256: str = ""
    face_px: float = 0.0
    quality: float = 0.0
    added_at: float = 0.0
    chip: bytes | None = None


def unit(*values: float) -> Photo:
    return Photo(l2_normalise(np.array([values], np.float32))[0])


def crowd(around: int, dim: int = 16) -> Cohort:
    """Strangers: most in all directions, so many around the first axis."""
    vectors = np.random.default_rng(1).standard_normal((100, dim)).astype(np.float32)
    vectors[:around, 0] += 6.0
    return Cohort(l2_normalise(vectors), weights="w")


def test_likeness_to_the_own_and_to_others() -> None:
    faces = [("Ada", unit(1, 0, 0)), ("Ben", unit(0.8, 0, 0.6)), ("Ada", unit(0.6, 0.8, 0)), ("Cy", unit(0, 1, 0))]
    first, second = risks_of("Ada", faces, None)
    assert np.isclose(first.self_likeness or 0, 0.6)
    assert (first.other, round(first.other_score or 0, 4)) == ("Ben", 0.8)
    assert first.is_unlike_itself
    assert second.other == "Cy"
    assert first.nearer_than is None
    assert not first.attracts_strangers


def test_somebody_alone_has_nothing_to_compare_with() -> None:
    assert risks_of("Ada", [("Ada", unit(1, 0))], None) == [(None, None, None, None)]
    assert risks_of("Nobody", [("Ada", unit(1, 0))], None) == []
    assert risks_of("Ada", [], None) == []


def test_a_photograph_amid_strangers_attracts_them() -> None:
    amid, aside = np.zeros(16, np.float32), np.zeros(16, np.float32)
    amid[0], aside[:2] = 1.0, (-0.8, 0.6)
    faces = [("Ada", Photo(amid)), ("Ada", Photo(aside))]
    first, second = risks_of("Ada", faces, crowd(around=12))
    assert first.attracts_strangers
    assert not second.attracts_strangers


def test_as_many_strangers_would_be_warned_of_as_the_share_says() -> None:
    cohort = crowd(around=0)
    own = [float((cohort.own.mean < mean).mean()) for mean in cohort.own.mean]
    assert sum(share >= 0.95 for share in own) == 5


def test_strangers_of_another_model_are_not_compared() -> None:
    [risk] = risks_of("Ada", [("Ada", unit(1, 0, 0))], crowd(around=5))
    assert risk.nearer_than is None
