"""Synthetic faces of a batch: each step alone, and statistics like those of OpenCV's."""

import numpy as np
import pytest
import torch

from distill.config import MixSettings
from distill.data.mix import mix
from distill.data.mix_batch import mix_faces
from distill.training.dataset import to_tensor
from tests.distill.data.test_degrade import face

NOTHING = {"blend": 0.0, "warp": 0.0, "colour": 0.0, "flip": 0.0}
FACES = np.stack([face(112, seed=k) for k in range(6)])


def mixed(count: int, **options: float) -> np.ndarray:
    torch.manual_seed(2)
    return mix_faces(to_tensor(FACES), count, MixSettings(**options)).numpy().transpose(0, 2, 3, 1)[..., ::-1]


def test_without_any_step_a_face_stays_what_it_was() -> None:
    known = {one.tobytes() for one in FACES}
    assert {np.ascontiguousarray(one).tobytes() for one in mixed(20, **NOTHING)} <= known


def test_a_flip_mirrors() -> None:
    known = {np.ascontiguousarray(one[:, ::-1]).tobytes() for one in FACES}
    assert {np.ascontiguousarray(one).tobytes() for one in mixed(20, **{**NOTHING, "flip": 1.0})} <= known


def test_a_warp_moves_pixels_as_far_as_configured() -> None:
    """On a slope, a displacement shows as a change of brightness."""
    slope = np.broadcast_to((40 + np.arange(112)[None, :, None]).astype(np.uint8), (112, 112, 3))
    torch.manual_seed(0)
    settings = MixSettings(**{**NOTHING, "warp": 1.0}, warp_px=3.0)
    moved = mix_faces(to_tensor(slope[None]), 300, settings)[:, 0].numpy().astype(float) - slope[None, :, :, 0]
    inner = moved[:, 30:80, 30:80]
    assert np.std(inner) == pytest.approx(2.1, rel=0.25)  # between the control points the spread is less than 3


def test_mixtures_have_the_statistics_of_opencvs() -> None:
    rng = np.random.default_rng(5)
    theirs = np.stack([mix(FACES, np.arange(6), MixSettings(), rng) for _ in range(150)]).astype(int)
    ours = mixed(300).astype(int)
    for measure in (np.mean, np.std, lambda views: np.abs(np.diff(views, axis=2)).mean()):
        assert float(measure(ours)) == pytest.approx(float(measure(theirs)), rel=0.12)
