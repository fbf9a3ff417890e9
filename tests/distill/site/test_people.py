"""The pairs of one part of the visitors, and how many second visits are missing."""

from dataclasses import replace
from pathlib import Path

import pytest

from detectors.runtime import Runtime
from distill.errors import DistillError
from distill.site.people import Pairs, find_pairs, require_enough
from distill.site.split import Limits, Parts
from distill.site.sure import Surety
from distill.site.visitors import Visitor
from distill.site.visits import Pair
from recognizer.load import load_recognizer
from tests.synthetic.made_site import make_visitors, write_family

LIMITS = Limits(48.0, 18.0)


def pairs_of(folder: Path, visitors: list[Visitor]) -> Pairs:
    recognizer = load_recognizer(write_family(folder / "own"), runtime=Runtime())
    return find_pairs(visitors, Surety(recognizer, LIMITS), LIMITS)


def unsaid(visitor: Visitor) -> Visitor:
    return Visitor(visitor.name, tuple(replace(look, known="named") for look in visitor.looks))


def test_everybody_and_those_who_came_twice_are_pairs_and_it_is_told_how_they_are_known(tmp_path: Path) -> None:
    twice, once = make_visitors(4, noise=10.0, visits=2), make_visitors(5, noise=10.0)[4:]
    pairs = pairs_of(tmp_path, [*twice[:3], unsaid(twice[3]), *once])
    assert (len(pairs.everybody), len(pairs.one_visit), len(pairs.two_visits)) == (5, 5, 4)
    assert (pairs.said, pairs.read) == (3, 1)
    assert "Of 4 people who came on two days, 3 are known by enrolment or by an operator, and 1 by near looks" in (
        pairs.describe()
    )
    assert len(pairs.everybody[0].looks) == len(twice[0].looks)
    assert {look.track for look in pairs.two_visits[0].looks} == {"0000-1"}
    assert pairs.two_visits[0].enrolled.track == "0000-0"


def test_two_tracks_of_two_people_under_one_name_are_no_second_visit(tmp_path: Path) -> None:
    first, second = make_visitors(2, noise=10.0)
    later = [replace(look, time=look.time + 86_400, known="named") for look in second.looks]
    mixed = Visitor("Ada", (*unsaid(first).looks, *later))
    assert pairs_of(tmp_path, [mixed]).two_visits == ()


def test_missing_visits_are_counted() -> None:
    parts = Parts((), (), tuple(make_visitors(2)))
    pairs = Pairs((), (), (), 0, 0)
    with pytest.raises(DistillError, match=r"got 0 of 2: 40 second visits are missing.*18 px or less, 6 hours or more"):
        require_enough(pairs, parts, LIMITS, without_second_day=False)
    with pytest.raises(DistillError, match="seen near and far in one visit, got 0"):
        require_enough(pairs, parts, LIMITS, without_second_day=True)
    looks = parts.measured[0].looks
    one = Pair(looks[-1], looks)
    enough = Pairs((), (one,) * 40, (one,) * 40, 40, 0)
    require_enough(enough, parts, LIMITS, without_second_day=False)
    require_enough(replace(enough, two_visits=()), parts, LIMITS, without_second_day=True)
