"""The judge takes up a changed gallery and survives a damaged one."""

import logging

import numpy as np
import pytest

from pipeline.tracks.matcher import GalleryMatcher, Nobody
from recognizer.base import State
from recognizer.calibration import uncalibrated
from recognizer.decide import DecisionRule
from recognizer.evidence import Evidence
from recognizer.gallery.index import GalleryIndex

AXES = np.eye(4, dtype=np.float32)


class Shelf:
    """A gallery in memory whose content and health the test sets."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)
        self.broken = False

    def version(self) -> int:
        if self.broken:
            raise ValueError("not a gallery")
        return len(self.names)

    def index(self, model_id: str) -> GalleryIndex:
        return GalleryIndex(model_id, AXES[: len(self.names)].copy(), self.names)

    def close(self) -> None:
        pass


def judge(people: Shelf | Nobody) -> GalleryMatcher:
    return GalleryMatcher(people, "m", rule=DecisionRule(min_effective=1), calibration=uncalibrated("m"))


def sure_of(axis: int) -> Evidence:
    evidence = Evidence()
    for second in range(4):
        evidence.add(AXES[axis], weight=1.0, face_px=64.0, time=float(second))
    return evidence


def test_somebody_enrolled_meanwhile_is_known_after_a_refresh() -> None:
    shelf = Shelf("ann")
    subject = judge(shelf)
    assert subject.decide(sure_of(1), None).state is State.UNKNOWN
    shelf.names.append("bob")
    assert subject.decide(sure_of(1), None).state is State.UNKNOWN
    assert subject.refresh()
    assert not subject.refresh()
    assert subject.decide(sure_of(1), None).person == "bob"
    assert subject.people == 2


def test_somebody_erased_meanwhile_is_named_no_more() -> None:
    shelf = Shelf("ann", "bob")
    subject = judge(shelf)
    before = subject.decide(sure_of(1), None)
    assert before.person == "bob"
    shelf.names.remove("bob")
    subject.refresh()
    assert subject.decide(sure_of(1), before).state is not State.NAMED


def test_a_damaged_gallery_is_said_once_and_the_known_people_stay(caplog: pytest.LogCaptureFixture) -> None:
    shelf = Shelf("ann")
    subject = judge(shelf)
    shelf.broken = True
    with caplog.at_level(logging.ERROR):
        assert not subject.refresh()
        assert not subject.refresh()
    assert len(caplog.records) == 1
    assert subject.decide(sure_of(0), None).person == "ann"
    shelf.broken = False
    shelf.names.append("bob")
    assert subject.refresh()


def test_without_a_gallery_everybody_is_unknown_and_told_why() -> None:
    decision = judge(Nobody()).decide(sure_of(0), None)
    assert decision.state is State.UNKNOWN
    assert decision.reasons
