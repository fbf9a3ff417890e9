"""Aligned faces of as many invented people as a test needs, each a smooth pattern that changes a little by picture."""

from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Float32, Image

GRID = 5  # side of the coarse pattern that makes somebody


def make_person(number: int) -> Float32:
    """The pattern of an invented person, float32 (GRID,GRID,3)."""
    return np.random.default_rng((7, number)).uniform(40, 215, (GRID, GRID, 3)).astype(np.float32)


def draw_face(person: Float32, rng: np.random.Generator, *, side: int = 112) -> Image:
    """A picture of a person, BGR uint8 (side,side,3), a little shifted, dimmed and noisy."""
    large = cv2.resize(person, (side, side), interpolation=cv2.INTER_CUBIC)
    shift = np.array([[1, 0, rng.normal(0, 0.02 * side)], [0, 1, rng.normal(0, 0.02 * side)]], np.float32)
    moved = cv2.warpAffine(large, shift, (side, side), borderMode=cv2.BORDER_REPLICATE)
    noisy = moved * rng.uniform(0.8, 1.0) + rng.normal(0, 4, moved.shape)
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)


def write_people(folder: Path, people: int, each: int) -> None:
    """`each` pictures of so many people as person-0/0.png."""
    rng = np.random.default_rng(5)
    for number in range(people):
        own, person = folder / f"person-{number}", make_person(number)
        own.mkdir(parents=True)
        for picture in range(each):
            cv2.imwrite(str(own / f"{picture}.png"), draw_face(person, rng))
