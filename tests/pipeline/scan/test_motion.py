"""Motion is found, noise and changes of light are not, and a new size restarts the comparison."""

import numpy as np
import pytest

from detectors.arrays import Image
from pipeline.scan.motion import MotionDetector

SIZE = (540, 960)


def noisy(seed: int, level: float, *, at: int | None = None) -> Image:
    image = np.random.default_rng(seed).normal(90, level, (*SIZE, 3))
    if at is not None:
        image[200:300, at : at + 40] += 60
    return np.clip(image, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("level", [0.0, 4.0, 25.0], ids=["still", "day", "night"])
def test_noise_is_no_motion_and_a_walking_person_is(level: float) -> None:
    motion = MotionDetector()
    assert len(motion.detect(noisy(1, level, at=100))) == 0
    assert len(motion.detect(noisy(2, level, at=100))) == 0
    boxes = motion.detect(noisy(3, level, at=140))
    assert len(boxes)
    assert boxes[:, 0].min() >= 60
    assert boxes[:, 2].max() <= 240
    assert ((boxes[:, 1] <= 300) & (boxes[:, 3] >= 200)).all()


def test_lamp_that_is_switched_on_is_no_motion() -> None:
    motion = MotionDetector()
    motion.detect(noisy(1, 4.0))
    brighter = np.clip(noisy(2, 4.0).astype(int) + 40, 0, 255).astype(np.uint8)
    assert len(motion.detect(brighter)) == 0


def test_new_size_restarts_the_comparison() -> None:
    motion = MotionDetector()
    motion.detect(noisy(1, 0.0))
    assert len(motion.detect(np.zeros((300, 300, 3), np.uint8))) == 0


def test_motion_outside_the_region_of_interest_is_ignored() -> None:
    motion = MotionDetector(((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)))
    motion.detect(noisy(1, 0.0, at=100))
    assert len(motion.detect(noisy(2, 0.0, at=150))) == 0
    assert len(motion.detect(noisy(3, 0.0, at=700)))


@pytest.mark.parametrize("shape", [(8, 8, 3), (8, 2000, 3), (1, 1, 3)])
def test_odd_shapes(shape: tuple[int, ...]) -> None:
    motion = MotionDetector()
    motion.detect(np.zeros(shape, np.uint8))
    boxes = motion.detect(np.full(shape, 200, np.uint8))
    assert boxes.shape[1] == 4
