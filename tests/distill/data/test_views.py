"""Views on the device against those of OpenCV, and the shares and effects that settings ask for."""

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from distill.config import DegradeSettings
from distill.data.degrade import degrade
from distill.data.resample import shrink
from distill.data.views import ViewMaker
from distill.training.dataset import to_tensor
from tests.distill.data.test_degrade import face

CPU = torch.device("cpu")
STILL = {"shift": 0.0, "scale": 0.0, "rotate_degrees": 0.0}
CLEAN = {"blur": 0.0, "motion": 0.0, "noise": 0.0, "gamma": 0.0, "jpeg": 0.0}


def make(size: int, side: int, *, entries: int = 64, **options: float) -> ViewMaker:
    torch.manual_seed(1)
    return ViewMaker(size, side, DegradeSettings(**options), seed=1, device=CPU, entries=entries)  # type: ignore[arg-type]


def faces(count: int, side: int = 80) -> np.ndarray:
    return np.stack([face(side, seed=k) for k in range(count)])


def to_array(views: Tensor) -> np.ndarray:
    return views.numpy().transpose(0, 2, 3, 1)[..., ::-1].astype(int)


def apart(views: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """The mean difference in grey levels (N,) of views from what is expected, or from its mirror image."""
    both = [
        np.abs(views - one).mean(axis=(1, 2, 3)) for one in (expected.astype(int), expected[:, :, ::-1].astype(int))
    ]
    return np.minimum(*both)


@pytest.mark.parametrize(("size", "side"), [(16, 80), (16, 112), (32, 80), (64, 112), (128, 112)])
def test_views_have_the_students_size(size: int, side: int) -> None:
    views = make(size, side, area_only=0.3, enlarged=0.3, light=1.0, grey=0.5)(to_tensor(faces(7, side)))
    assert views.shape == (7, 3, size, size)
    assert views.dtype == torch.uint8


def test_a_plain_view_is_the_area_shrunk_face_or_its_mirror() -> None:
    masters = faces(6)
    made = make(16, 80, area_only=1.0, **STILL)
    assert apart(to_array(made(to_tensor(masters))), shrink(masters, 16)).max() < 1.5
    assert np.abs(to_array(made.shrink(to_tensor(masters))) - shrink(masters, 16)).max() <= 1


def test_an_enlarged_view_is_the_face_of_fewer_pixels() -> None:
    masters = np.random.default_rng(0).integers(0, 255, (5, 80, 80, 3)).astype(np.uint8)
    options = {"area_only": 0.0, "enlarged": 1.0, "enlarged_from_px": 10.0, "enlarged_to_px": 10.0, **STILL}
    views = to_array(make(32, 80, **options)(to_tensor(masters)))
    expected = np.stack([cv2.resize(one, (32, 32), interpolation=cv2.INTER_CUBIC) for one in shrink(masters, 10)])
    assert apart(views, expected).max() < 1.5
    assert apart(views, shrink(masters, 32)).min() > 10


def test_degraded_views_have_the_statistics_of_opencvs() -> None:
    """Mean, contrast and detail of many views with every effect, except those that are combined in another order."""
    rng = np.random.default_rng(0)
    masters = np.clip(faces(160) + rng.normal(0, 25, (160, 80, 80, 3)), 0, 255).astype(np.uint8)
    options = {"from_px": 12.0, "to_px": 40.0, "area_only": 0.2, "blur": 0.4, "motion": 0.3, "noise": 0.3, "jpeg": 0.3}
    ours = to_array(make(32, 80, entries=1024, **options)(to_tensor(masters)))
    theirs = degrade(masters, 32, DegradeSettings(**options), rng).astype(int)  # type: ignore[arg-type]
    for measure in (np.mean, np.std, lambda views: np.abs(np.diff(views, axis=2)).mean()):
        assert float(measure(ours)) == pytest.approx(float(measure(theirs)), rel=0.1)


def test_misalignment_is_as_large_as_configured() -> None:
    dot = np.zeros((1, 112, 112, 3), np.uint8)
    dot[:, 53:59, 53:59] = 255
    made = make(64, 112, area_only=1.0, **{**STILL, "shift": 0.08})
    views = to_array(made(to_tensor(np.repeat(dot, 150, axis=0))))[..., 0].sum(axis=1)
    seen = views.sum(axis=1) > 0
    places = (views[seen] * (np.arange(64) + 0.5)).sum(axis=1) / views[seen].sum(axis=1)
    assert np.std(places) == pytest.approx(0.08 * 64, rel=0.15)
    assert np.mean(places) == pytest.approx(32, abs=0.8)


def test_grey_views_have_one_colour_and_noise_keeps_the_light() -> None:
    masters = np.full((200, 80, 80, 3), (90, 120, 150), np.uint8)
    grey = to_array(make(16, 80, grey=1.0)(to_tensor(masters)))
    assert (np.ptp(grey, axis=3) <= 1).all()
    noisy = to_array(make(16, 80, area_only=0.0, **{**CLEAN, "noise": 1.0})(to_tensor(masters)))
    assert noisy.std(axis=(1, 2)).mean() > 1
    assert noisy.mean(axis=(0, 1, 2)) == pytest.approx([90, 120, 150], abs=1)


def test_shares_that_exceed_one_are_refused() -> None:
    with pytest.raises(ValueError, match=r"area_only \+ enlarged of at most 1, got 0.7 \+ 0.5"):
        make(16, 80, area_only=0.7, enlarged=0.5)


def test_the_switches_change_views_on_a_fixed_share_of_the_batch() -> None:
    torch.manual_seed(1)
    settings = DegradeSettings(area_only=0.0, footage=0.5, detector_alignment=1.0, infrared=1.0)
    maker = ViewMaker(16, 112, settings, seed=1, device=torch.device("cpu"), entries=16)
    faces = torch.randint(0, 255, (10, 3, 112, 112), dtype=torch.uint8)
    views = maker(faces)
    assert views.shape == (10, 3, 16, 16)
    assert views.dtype == torch.uint8
    assert torch.equal(views[:, 0], views[:, 2])  # infrared has no colour


@pytest.mark.parametrize(
    "switched_on",
    [{}, {"footage": 0.3}, {"detector_alignment": 0.5}, {"infrared": 0.5}, {"jpeg": 1.0, "light": 1.0, "grey": 0.5}],
)
def test_every_kind_of_view_is_made_on_the_device_of_its_faces(switched_on: dict[str, float]) -> None:
    elsewhere = torch.device("meta")  # it refuses tensors of the CPU, and nobody can read a value of its own
    maker = ViewMaker(32, 112, DegradeSettings(**switched_on), seed=0, device=elsewhere, entries=16)  # type: ignore[arg-type]
    views = maker(torch.zeros(20, 3, 112, 112, dtype=torch.uint8, device=elsewhere))
    assert (views.device, views.shape) == (elsewhere, (20, 3, 32, 32))
