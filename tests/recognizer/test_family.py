"""A family of students: which student embeds a face, and which students cannot be combined."""

import numpy as np
import pytest

from detectors.arrays import Chips, Float32
from recognizer.family import RecognizerFamily
from recognizer.spec import ChipSpec
from tests.synthetic.recognizers import VectorsOnly


class Student(VectorsOnly):
    def __init__(
        self, size: int, *, model_id: str = "", lineage: str = "one", dim: int = 4, max_face_px: float = 0.0
    ) -> None:
        self.spec = ChipSpec(size=size, lineage=lineage, max_face_px=max_face_px)
        self.model_id = model_id or f"s{size}"
        self.dim = dim

    def spec_for(self, face_px: float) -> ChipSpec:
        return self.spec

    def embed(self, chips: Chips) -> Float32:
        return np.full((len(chips), self.dim), self.spec.size, np.float32)


def test_a_face_goes_to_the_smallest_student_that_does_not_shrink_it_by_more_than_an_eighth() -> None:
    family = RecognizerFamily([Student(size) for size in (64, 16, 32)])
    sizes = {px: family.spec_for(px).size for px in (0.0, 5, 16, 18, 18.1, 32, 36, 37, 72, 73, 1000)}
    assert sizes == {0.0: 16, 5: 16, 16: 16, 18: 16, 18.1: 32, 32: 32, 36: 32, 37: 64, 72: 64, 73: 64, 1000: 64}


def test_a_member_may_leave_faces_to_the_next_before_they_reach_its_size() -> None:
    family = RecognizerFamily([Student(64), Student(32, max_face_px=28)])
    sizes = {px: family.spec_for(px).size for px in (8, 28, 28.1, 36, 500)}
    assert sizes == {8: 32, 28: 32, 28.1: 64, 36: 64, 500: 64}


def test_chips_go_to_the_student_of_their_size() -> None:
    family = RecognizerFamily([Student(16), Student(32)])
    assert (family.embed(np.zeros((2, 32, 32, 3), np.uint8)) == 32).all()
    with pytest.raises(ValueError, match=r"expected a size of \[16, 32\]"):
        family.embed(np.zeros((2, 20, 20, 3), np.uint8))


def test_members_share_a_model_id_or_a_lineage() -> None:
    assert RecognizerFamily([Student(16), Student(32)]).model_id == "one"
    assert RecognizerFamily([Student(16, model_id="m"), Student(32, model_id="m", lineage="")]).model_id == "m"


@pytest.mark.parametrize(
    ("members", "match"),
    [
        ([], "at least one"),
        ([Student(16), Student(16)], "one member per chip size"),
        ([Student(16), Student(32, dim=5)], "one dimension"),
        ([Student(16), Student(32, lineage="two")], "one embedding space"),
        ([Student(16, lineage=""), Student(32, lineage="")], "one embedding space"),
    ],
)
def test_members_that_do_not_fit_together_are_refused(members: list[Student], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        RecognizerFamily(members)
