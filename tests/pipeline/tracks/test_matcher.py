"""The matcher takes up a changed gallery and survives a damaged one."""

import logging
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from configs.at_rest import VARIABLE, at_rest, new_key
from pipeline.seal.run import seal_store
from pipeline.tracks.matcher import EmptyGallery, GalleryMatcher
from recognizer.base import State
from recognizer.calibration import uncalibrated
from recognizer.decide import DecisionRule
from recognizer.evidence import Evidence
from recognizer.gallery import Face, Gallery
from recognizer.gallery.copies.freshness import Freshness
from recognizer.gallery.index import GalleryIndex
from recognizer.gallery.watched import WatchedGallery
from recognizer.normalisation import Cohort

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

    has_news = False
    fresh: Freshness | None = None

    def freshness(self) -> Freshness | None:
        return self.fresh

    def index(self, model_id: str, cohort: Cohort | None = None) -> GalleryIndex:
        return GalleryIndex(model_id, AXES[: len(self.names)].copy(), self.names)

    def close(self) -> None:
        pass


def gallery_matcher(people: Shelf | EmptyGallery | WatchedGallery) -> GalleryMatcher:
    return GalleryMatcher(people, "m", rule=DecisionRule(min_effective=1), calibration=uncalibrated("m"))


def sure_of(axis: int) -> Evidence:
    evidence = Evidence()
    for second in range(4):
        evidence.add(AXES[axis], weight=1.0, face_px=64.0, time=float(second))
    return evidence


def test_somebody_enrolled_meanwhile_is_known_after_a_refresh() -> None:
    shelf = Shelf("ann")
    matcher = gallery_matcher(shelf)
    assert matcher.decide(sure_of(1), None).state is State.UNKNOWN
    shelf.names.append("bob")
    assert matcher.decide(sure_of(1), None).state is State.UNKNOWN
    assert matcher.refresh()
    assert not matcher.refresh()
    assert matcher.decide(sure_of(1), None).person == "bob"
    assert matcher.people == 2


def test_somebody_erased_meanwhile_is_no_longer_named() -> None:
    shelf = Shelf("ann", "bob")
    matcher = gallery_matcher(shelf)
    before = matcher.decide(sure_of(1), None)
    assert before.person == "bob"
    shelf.names.remove("bob")
    matcher.refresh()
    assert matcher.decide(sure_of(1), before).state is not State.NAMED


def test_a_damaged_gallery_is_logged_once_and_the_known_people_stay(caplog: pytest.LogCaptureFixture) -> None:
    shelf = Shelf("ann")
    matcher = gallery_matcher(shelf)
    shelf.broken = True
    with caplog.at_level(logging.ERROR):
        assert not matcher.refresh()
        assert not matcher.refresh()
    assert len(caplog.records) == 1
    assert matcher.decide(sure_of(0), None).person == "ann"
    shelf.broken = False
    shelf.names.append("bob")
    assert matcher.refresh()


def test_a_gallery_that_now_is_of_another_model_is_logged_once_and_names_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "g.db"
    with Gallery(path, create=True) as gallery, closing(WatchedGallery(path)) as people:
        gallery.add("ann", Face(AXES[0], "x", "x", chip=b"picture"), model_id="m")
        matcher = gallery_matcher(people)
        gallery.erase("ann")
        gallery.add("bob", Face(AXES[1], "y", "y", chip=b"picture"), model_id="other")
        with caplog.at_level(logging.ERROR):
            named = matcher.decide(sure_of(0), None)
            assert named.person == "ann"
            assert [matcher.refresh(), matcher.refresh()] == [True, False]
        (record,) = caplog.records
        assert "now holds vectors of another model than m: nobody is named; restart" in record.message
        assert matcher.people == 0
        for previous in (None, named):
            assert matcher.decide(sure_of(0), previous).person is None
        gallery.erase("bob")
        gallery.add("cem", Face(AXES[2], "z", "z"), model_id="m")
        assert matcher.refresh()
        assert matcher.decide(sure_of(2), None).person == "cem"


def test_without_a_gallery_everybody_is_unknown_with_a_reason() -> None:
    decision = gallery_matcher(EmptyGallery()).decide(sure_of(0), None)
    assert decision.state is State.UNKNOWN
    assert decision.reasons


def test_when_the_file_goes_away_nobody_is_named_and_a_named_track_loses_its_name(tmp_path: Path) -> None:
    path = tmp_path / "g.db"
    with Gallery(path, create=True) as gallery:
        gallery.add("ann", Face(AXES[0], "x", "x"), model_id="m")
    watched = WatchedGallery(path)
    matcher = GalleryMatcher(watched, "m", rule=DecisionRule(min_effective=1), calibration=uncalibrated("m"))
    named = matcher.decide(sure_of(0), None)
    assert named.person == "ann"
    path.unlink()
    assert matcher.refresh()
    assert (matcher.decide(sure_of(0), named).state, matcher.people) == (State.UNKNOWN, 0)
    watched.close()


def test_vectors_of_another_length_are_refused_and_do_not_end_a_watch(caplog: pytest.LogCaptureFixture) -> None:
    """A gallery says its model's name and its vectors' length by itself; a damaged or hostile one may lie."""
    shelf = Shelf("ann")

    def matcher(dim: int) -> GalleryMatcher:
        return GalleryMatcher(shelf, "m", rule=DecisionRule(), calibration=uncalibrated("m"), dim=dim)

    with pytest.raises(ValueError, match="expected vectors of 8 numbers, as the recogniser makes them, got 4"):
        matcher(8)
    watching = matcher(4)
    shelf.names.append("bob")
    shelf.index = lambda model_id, cohort=None: GalleryIndex(model_id, np.eye(8, dtype=np.float32)[:1], ["eve"])  # type: ignore[method-assign]
    assert watching.refresh()
    assert "expected vectors of 4 numbers, as the recogniser makes them, got 8: nobody is named" in caplog.text
    assert watching.decide(sure_of(0), None).person is None  # the gallery may have lost them meanwhile


def test_a_file_of_another_model_moved_into_place_names_nobody_until_one_of_this_model_is_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, other, old = (tmp_path / name for name in ("g.db", "other.db", "old.db"))
    for file, name, model in ((path, "ann", "m"), (other, "ann", "other")):
        with Gallery(file, create=True) as gallery:
            gallery.add(name, Face(AXES[0], name, name), model_id=model)
    old.write_bytes(path.read_bytes())
    watched = WatchedGallery(path)
    matcher = GalleryMatcher(watched, "m", rule=DecisionRule(min_effective=1), calibration=uncalibrated("m"))
    assert matcher.people == 1
    other.replace(path)
    assert matcher.refresh()
    assert matcher.people == 0
    assert matcher.decide(sure_of(0), None).state is State.UNKNOWN
    assert "nobody is named" in caplog.text
    old.replace(path)
    assert matcher.refresh()
    assert matcher.people == 1
    watched.close()


def test_a_gallery_that_is_sealed_meanwhile_names_nobody_and_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "g.db"
    monkeypatch.delenv(VARIABLE, raising=False)
    with Gallery(path, create=True) as gallery:
        gallery.add("ann", Face(AXES[0], "ann", "ann"), model_id="m")
    watched = WatchedGallery(path)
    matcher = GalleryMatcher(watched, "m", rule=DecisionRule(min_effective=1), calibration=uncalibrated("m"))
    assert matcher.people == 1
    key = at_rest({VARIABLE: new_key()})
    seal_store(str(path), new=key, old=key)
    assert [matcher.refresh(), matcher.refresh()] == [True, False]
    assert matcher.people == 0
    assert matcher.decide(sure_of(0), None).state is State.UNKNOWN
    [record] = caplog.records
    assert f"expected the key in {VARIABLE}; nobody is named" in record.message
    watched.close()


def test_nobody_is_named_by_outdated_people_and_the_log_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    shelf = Shelf("ann")
    matcher = gallery_matcher(shelf)
    named = matcher.decide(sure_of(0), None)
    shelf.fresh = Freshness(7, 31.0, 30.0)
    for _ in range(2):
        assert matcher.decide(sure_of(0), named).person is None
        matcher.refresh()
    shelf.fresh = Freshness(8, 0.5, 30.0)
    matcher.refresh()
    assert (named.person, matcher.decide(sure_of(0), None).person) == ("ann", "ann")
    assert [record.getMessage() for record in caplog.records] == [
        "gallery: nobody is named: the gallery could not be confirmed for more than 30 s, until it can be read again",
        "gallery: caught up with change 8; people are named again",
    ]
