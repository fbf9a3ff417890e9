"""The split into gallery, probes and strangers, and the rates."""

import numpy as np
import pytest

from distill.metrics.identification import identify, split_gallery

EAST, NORTH = (1.0, 0.0), (0.0, 1.0)


def test_every_second_person_is_enrolled_and_the_others_are_strangers() -> None:
    people = ["a", "a", "a", "b", "b", "c", "c", "c", "d"]
    chosen = split_gallery(people, enrolled=10, crops=1)
    assert chosen.gallery.tolist() == [0, 5]  # a and c; b and d are strangers
    assert [rows.tolist() for rows in chosen.probes] == [[1], [6], [3], [8]]
    assert chosen.person.tolist() == [0, 1, -1, -1]
    pooled = split_gallery(people, enrolled=10, crops=2)
    assert [rows.tolist() for rows in pooled.probes] == [[1, 2], [3, 4], [5, 6]]


def test_a_split_without_enough_pictures_is_refused() -> None:
    with pytest.raises(ValueError, match="expected people with 6 pictures, got none"):
        split_gallery(["a", "b"], enrolled=5, crops=5)


def test_identification_counts_only_right_names_above_the_strangers() -> None:
    people = ["a", "a", "s", "s", "c", "c"]
    rows = np.array([EAST, EAST, (0.8, 0.6), (0.8, 0.6), NORTH, (0.6, 0.8)])
    chosen = split_gallery(people, enrolled=10, crops=1)
    found = identify(rows, rows, chosen, rates=(0.01, 1.0))
    assert found["rank_1"] == 1
    assert found["tpir_0.01"] == 0.5  # a at 1.0 is above the stranger's 0.8, c at 0.8 is not
