"""Where faces lie in their crops, measured on the mean face itself."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from detectors.arrays import Image
from glimpse.selfcheck.mean_face import SIDE_PX, average, load_mean_face, measure_shifts, normalise_crop, save_mean_face


def people(across: float, down: float, *, side: int = 32) -> list[Image]:
    """Crops of the mean face, moved by pixels of the crop, with noise and light that differ."""
    random, mean = np.random.default_rng(1), load_mean_face()
    face = cv2.resize(mean, (side, side), interpolation=cv2.INTER_AREA)
    matrix = np.array([[1, 0, across], [0, 1, down]], np.float64)
    moved = cv2.warpAffine(face, matrix, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    light = np.linspace(-20, 20, side)
    crops = []
    for _ in range(40):
        grey = 120 + 40 * moved + random.normal() * light + random.normal(0, 4, moved.shape)
        crops.append(np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2))
    return crops


@pytest.mark.parametrize(("across", "down"), [(0.0, 0.0), (0.5, 0.0), (0.0, -0.5), (0.5, 0.5)])
def test_faces_are_as_far_beside_the_middle_as_they_were_moved(across: float, down: float) -> None:
    mean = average(people(0, 0))
    shifts = measure_shifts(people(across, down), mean).mean(axis=0) * 32 / SIDE_PX
    assert shifts == pytest.approx([across, down], abs=0.2)


def test_a_crop_without_contrast_says_nothing() -> None:
    flat = np.full((16, 16, 3), 90, np.uint8)
    assert np.abs(normalise_crop(flat)).max() == 0
    assert np.isfinite(measure_shifts([flat], load_mean_face())).all()


def test_the_mean_face_that_ships_is_a_face() -> None:
    mean = load_mean_face()
    mirrored = np.corrcoef(mean.ravel(), mean[:, ::-1].ravel())[0, 1]
    assert mirrored > 0.9
    eyes, cheeks = mean[20:25, 14:19].mean(), mean[28:33, 14:19].mean()
    assert eyes < cheeks


def test_it_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    mean = load_mean_face()
    save_mean_face(tmp_path / "mean.npz", mean)
    assert load_mean_face(tmp_path / "mean.npz") == pytest.approx(mean, abs=np.abs(mean).max() / 127)
    np.savez(tmp_path / "small.npz", face=np.zeros((4, 4), np.int8), scale=np.array(1.0))
    for other in ("small.npz", "none.npz"):
        with pytest.raises(ValueError, match="mean face"):
            load_mean_face(tmp_path / other)
