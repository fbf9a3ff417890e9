"""Whom no student learns from."""

from pathlib import Path

import numpy as np
import pytest

from distill.data.measured import choose_measured, read_measured
from distill.data.store import FaceNote
from distill.errors import DistillError
from distill.work_folder import WorkFolder


def notes(people: int, each: int = 2) -> list[FaceNote]:
    return [FaceNote("own", f"{person}/{k}.png", f"own/{person}") for person in range(people) for k in range(each)]


def test_a_person_is_measured_with_all_pictures_or_with_none() -> None:
    chosen = choose_measured(notes(20), 0.25).reshape(20, 2)
    assert chosen.all(axis=1).sum() == 5
    assert (chosen[:, 0] == chosen[:, 1]).all()


def test_the_choice_follows_names_and_not_places() -> None:
    forth, back = notes(30), notes(30)[::-1]
    assert (choose_measured(forth, 0.5) == choose_measured(back, 0.5)[::-1]).all()


def test_a_picture_of_nobody_counts_as_one_person() -> None:
    pictures = [FaceNote("own", f"{number}.png") for number in range(10)]
    assert choose_measured(pictures, 0.3).sum() == 3


def test_no_share_is_nobody() -> None:
    assert not choose_measured(notes(3), 0.0).any()
    assert choose_measured([], 0.5).shape == (0,)


def test_nobody_to_measure_with_is_told(tmp_path: Path) -> None:
    work = WorkFolder(tmp_path)
    with pytest.raises(DistillError, match="expected people whom no student learns from, got none"):
        read_measured(work)
    work.measured.parent.mkdir()
    np.save(work.measured, np.zeros(3, bool))
    with pytest.raises(DistillError, match="got none"):
        read_measured(work)
