"""The bank of matrices: what is linear in a degradation."""

import cv2
import numpy as np
import pytest
import torch

from distill.config import DegradeSettings
from distill.data.resample import shrink
from distill.data.view_bank import ViewBank

CPU = torch.device("cpu")


def bank(**settings: float) -> ViewBank:
    return ViewBank(16, 48, DegradeSettings(**settings), seed=3, device=CPU, entries=64)  # type: ignore[arg-type]


def face() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (1, 48, 48, 3), dtype=np.uint8)


def apply(made: ViewBank, entry: int) -> np.ndarray:
    pixels = torch.from_numpy(face()).permute(0, 3, 1, 2).float()
    return made.apply(pixels, torch.tensor([entry])).permute(0, 2, 3, 1).numpy()


def test_the_first_entry_shrinks_by_area() -> None:
    assert apply(bank(), 0) == pytest.approx(shrink(face(), 16), abs=0.51)  # which OpenCV rounds


def test_enlarged_entries_shrink_and_enlarge_again() -> None:
    made = bank(enlarged_from_px=8, enlarged_to_px=8)
    small = cv2.resize(face()[0].astype(np.float32), (8, 8), interpolation=cv2.INTER_AREA)
    again = cv2.resize(small, (16, 16), interpolation=cv2.INTER_CUBIC)
    assert apply(made, made.enlarged.start)[0] == pytest.approx(again, abs=0.01)


def test_every_entry_keeps_an_even_grey() -> None:
    made = bank(motion=1.0, blur=1.0)
    assert (made.enlarged.stop, made.degraded.stop) == (made.degraded.start, 64)
    grey = torch.full((64, 3, 48, 48), 100.0)
    assert made.apply(grey, torch.arange(64)).numpy() == pytest.approx(100, abs=0.1)


def test_a_seed_gives_the_same_bank() -> None:
    assert torch.equal(bank().rows, bank().rows)
