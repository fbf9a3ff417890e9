"""Which tracks are surely of one person: never those that a far look was taken for."""

from dataclasses import replace
from pathlib import Path

import pytest

from detectors.runtime import Runtime
from distill.site.split import Limits
from distill.site.sure import By, Surety
from distill.site.visitors import Visitor
from recognizer.base import Recognizer
from recognizer.family import RecognizerFamily
from recognizer.load import load_recognizer
from tests.synthetic.made_site import make_visitors, write_family

LIMITS = Limits(48.0, 18.0)
PEOPLE = make_visitors(3, noise=10.0)


@pytest.fixture
def recognizer(tmp_path: Path) -> Recognizer:
    return load_recognizer(write_family(tmp_path / "own"), runtime=Runtime())


def visitor(*tracks: tuple[int, str], far_alone: str = "") -> Visitor:
    """tracks: the number of who is seen, and how it is known.  far_alone: a track without near looks."""
    looks = [
        replace(look, track=f"{row}", known=known, time=look.time + 1e5 * row)
        for row, (person, known) in enumerate(tracks)
        for look in PEOPLE[person].looks
        if str(row) != far_alone or look.px < LIMITS.far_px
    ]
    return Visitor("Ada", tuple(looks))


def kept(recognizer: Recognizer, one: Visitor) -> tuple[set[str], By]:
    sure = Surety(recognizer, LIMITS).keep(one)
    return {look.track for look in sure.visitor.looks}, sure.by


def test_what_was_said_counts_without_being_read(recognizer: Recognizer) -> None:
    assert kept(recognizer, visitor((0, "confirmed"), (1, "enrolled"))) == ({"0", "1"}, By.SAID)


def test_a_track_that_was_named_counts_where_its_near_looks_are_alike(recognizer: Recognizer) -> None:
    assert kept(recognizer, visitor((0, "confirmed"), (0, "named"), (1, "named"))) == ({"0", "1"}, By.READ)
    assert kept(recognizer, visitor((0, "named"), (0, "grouped"))) == ({"0", "1"}, By.READ)


def test_a_far_look_never_says_whose_it_is(recognizer: Recognizer) -> None:
    assert kept(recognizer, visitor((0, "confirmed"), (0, "named"), far_alone="1"))[0] == {"0"}


def test_a_student_that_reads_near_looks_too_says_nothing_of_itself(recognizer: Recognizer) -> None:
    assert isinstance(recognizer, RecognizerFamily)
    one = visitor((0, "confirmed"), (0, "named"))
    assert kept(recognizer, one)[0] == {"0", "1"}
    assert kept(recognizer.member_for(60.0), one)[0] == {"0"}


def test_who_was_seen_once_is_kept_as_they_are(recognizer: Recognizer) -> None:
    assert kept(recognizer, visitor((0, "")))[0] == {"0"}
