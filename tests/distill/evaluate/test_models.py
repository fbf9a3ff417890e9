"""The models of the evaluation: caching, and which features the adapted teacher takes for low-resolution ones."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np

from detectors.arrays import Chips, Float32
from distill.adapt.head import Head
from distill.evaluate.models import AdaptedTeacher, CachedEnsemble, CachedModel
from distill.teacher.model import Teacher

FACES = np.random.default_rng(0).integers(0, 255, (3, 112, 112, 3)).astype(np.uint8)


class CountingTeacher:
    """Embeds a chip as its mean colour, and records the sides of the chips."""

    chip_side = 16

    def __init__(self) -> None:
        self.sides: list[int] = []

    def embed_chips(self, chips: Chips) -> Float32:
        self.sides.append(chips.shape[1])
        return chips.mean(axis=(1, 2)).astype(np.float32)


def model(teacher: CountingTeacher, cache: Path) -> CachedModel:
    return CachedModel("model", cast(Teacher, teacher), cache, "model-key")


def test_features_are_computed_once_for_each_size_and_test(tmp_path: Path) -> None:
    teacher = CountingTeacher()
    first = model(teacher, tmp_path).embed(FACES, 8)
    assert np.array_equal(model(teacher, tmp_path).embed(FACES, 8), first)
    assert teacher.sides == [16]
    model(teacher, tmp_path).embed(FACES[:2], 8)
    assert len(teacher.sides) == 2


def test_sizes_above_the_input_are_the_same(tmp_path: Path) -> None:
    teacher = CountingTeacher()
    model(teacher, tmp_path).embed(FACES, 112)
    model(teacher, tmp_path).embed(FACES, 16)
    assert teacher.sides == [16]


def test_the_low_mean_applies_below_the_geometric_mean_of_the_sizes() -> None:
    features = np.array([[3.0, 4.0]], np.float32)
    ensemble = cast(CachedEnsemble, SimpleNamespace(embed=lambda faces, pixels: features))
    head = Head(np.zeros(2, np.float32), np.array([3.0, 0.0], np.float32), np.eye(2, dtype=np.float32))
    adapted = AdaptedTeacher("adapted", ensemble, head, low_px=28)  # the geometric mean with 112 is 56
    assert adapted.embed(FACES, 55).tolist() == [[0, 1]]
    assert np.allclose(adapted.embed(FACES, 56), [[0.6, 0.8]])
