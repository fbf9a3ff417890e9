"""Warnings of photographs that do not look like their person's others, counted on portraits that may be shown."""

import cv2
import numpy as np

from benchmarks.unlike_portraits import choose, count, own, swapped
from glimpse.enroller import enroller_of
from glimpse.models import shipped_models
from tests.synthetic.portraits import portrait

PEOPLE = {name: [portrait(name), np.asarray(cv2.flip(portrait(name), 1), np.uint8)] for name in ("Ada", "Ben", "Cleo")}


def test_people_with_one_photograph_are_left_out() -> None:
    assert set(choose(PEOPLE | {"Dan": PEOPLE["Ada"][:1]}, 9)) == set(PEOPLE)
    assert len(choose(PEOPLE, 2)) == 2


def test_photographs_of_somebody_else_are_counted_and_those_of_the_same_person_are_not() -> None:
    enroller = enroller_of(shipped_models(), keep_chips=False)
    assert count(enroller, own(PEOPLE)) == (0, 3)
    two = {"Ada": "Dan", "Ben": "Edda", "Cleo": "Finn"}
    assert count(enroller, swapped({name: [portrait(name), portrait(other)] for name, other in two.items()})) == (3, 3)
