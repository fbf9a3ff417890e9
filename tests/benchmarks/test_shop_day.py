"""The day of a shop: who comes when, and counts where the truth is known; a tiny day runs as a whole."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.shop_day.alert_score import count_alerts
from benchmarks.shop_day.cast import Shopper, Size, draw_cast
from benchmarks.shop_day.clips import Shown, make_clips
from benchmarks.shop_day.day_clock import OPENING
from benchmarks.shop_day.plan import SPACING_SECONDS, Appearance, Visit, plan_day
from benchmarks.shop_day.play import Place, Played, TrackId
from benchmarks.shop_day.score import CROWD, count_groups, count_names
from benchmarks.shop_day.site import CLOSED, RETURNING, WATCHED
from benchmarks.walks.street import StreetTruth, TrueFace
from detectors.arrays import Image
from pipeline.alerts.reader import AlertRow
from tests.benchmarks.test_benchmarks_run import run

HOUR = 3600.0
SIZE = Size(enrolled=2, strangers=6, returning=3, later=1, watched=1)


def chip(value: int) -> Image:
    return np.full((112, 112, 3), value % 256, np.uint8)


def faces(people: int) -> dict[str, list[Image]]:
    return {f"p{number}": [chip(10 * number + shot) for shot in range(4)] for number in range(people)}


def test_no_photograph_is_used_twice() -> None:
    cast = draw_cast(faces(9), SIZE, seed=3)
    chips = [one for shopper in cast for one in (shopper.photo, *shopper.looks, shopper.later) if one is not None]
    assert len({int(one[0, 0, 0]) for one in chips}) == len(chips)
    assert [len(one.looks) for one in cast] == [2, 2, 3, 3, 2, 1, 1, 1]
    assert [one.is_enrolled for one in cast] == [True] * 2 + [False] * 6
    assert [one.name for one in cast if one.later is not None] == ["returning1"]
    with pytest.raises(ValueError, match="more people with 1 photographs"):
        draw_cast(faces(7), SIZE, seed=3)


def test_who_returns_may_show_one_photograph(tmp_path: Path) -> None:
    """In walks of their own: a clip that is shown twice would say nothing."""
    known = faces(9)
    several, one = (draw_cast(known, SIZE, seed=3, one_photograph=flag) for flag in (False, True))
    assert [shopper.name for shopper in one] == [shopper.name for shopper in several]
    assert [len(shopper.looks) for shopper in one] == [len(shopper.looks) for shopper in several]
    for shopper, other in zip(one, several, strict=True):
        expected = other.looks if shopper.is_enrolled else other.looks[:1] * len(other.looks)
        assert all(a is b for a, b in zip(shopper.looks, expected, strict=True))
    first, again, other = (
        Visit(float(number), "door", (Appearance(shopper, number),))
        for shopper, number in ((one[2], 0), (one[2], 1), (several[2], 1))
    )
    assert [visit.people[0].is_repeated for visit in (first, again, other)] == [False, True, False]
    wall = np.full((360, 640, 3), 90, np.uint8)
    keys = {shown.key for shown in make_clips((first, again, other), [wall], tmp_path)}
    assert len(keys) == 3


@pytest.mark.parametrize("seed", range(3))
def test_a_camera_shows_one_visit_at_a_time(seed: int) -> None:
    cast = draw_cast(faces(40), Size(enrolled=10, strangers=30, returning=10), seed=seed)
    visits = plan_day(cast, ["crowd.mp4"], HOUR, seed=seed)
    assert sum(len(visit.people) for visit in visits) == sum(len(one.looks) for one in cast)
    assert [visit.video for visit in visits if not visit.people] == ["crowd.mp4"]
    for camera in {visit.camera for visit in visits}:
        moments = [visit.at for visit in visits if visit.camera == camera]
        assert (np.diff(moments) >= SPACING_SECONDS - 1e-6).all()
    of_one = [visit.at for visit in visits for one in visit.people if one.shopper.name == "returning1"]
    assert (np.diff(of_one) > HOUR / 10).all()


ADA, EVE, UMA = (
    Shopper("Ada", chip(1), (chip(2), chip(3))),
    Shopper("Eve", None, (chip(4), chip(5))),
    Shopper("Uma", None, (chip(6),)),
)


def shown(at: float, *people: tuple[Shopper, int]) -> Shown:
    who = tuple(Appearance(shopper, number) for shopper, number in people)
    points = np.zeros((5, 2), np.float32)
    here = {number: TrueFace((0, 0, 8, 8), points, 0.0) for number in range(len(who))}
    truth = StreetTruth(10.0, tuple(one.shopper.name for one in who), [{}, here])
    return Shown(Visit(at, "door", who, "" if who else "crowd"), "", Path(), 2, truth if who else None)


CLIPS = [shown(0, (ADA, 0)), shown(50, (EVE, 0)), shown(100), shown(4000, (EVE, 1), (UMA, 0)), shown(5000, (ADA, 1))]
OWNERS: dict[TrackId, Place] = {
    ("door", 1): (0, "Ada"),
    ("door", 2): (1, "Eve"),
    ("door", 3): (2, CROWD),
    ("door", 4): (3, "Eve"),
    ("door", 5): (3, "Uma"),
    ("door", 6): (4, "Ada"),
}  # track 7 was on nobody


def test_the_first_name_of_a_visit_counts() -> None:
    named = {("door", 1): ["Ada", "Ben"], ("door", 3): ["Ada"], ("door", 6): ["Ben"]}
    names = count_names([one.visit for one in CLIPS], Played(7, OWNERS, named, {}), {"Ada"})
    assert (names.enrolled, names.seen, names.right, names.wrong) == (2, 2, 1, 1)
    assert (names.strangers, names.strangers_named) == (4, 1)


def test_groups_are_counted_by_visits() -> None:
    visits = [one.visit for one in CLIPS]
    good = {("door", 2): 1, ("door", 3): 2, ("door", 4): 1, ("door", 5): 3}
    found = count_groups(visits, OWNERS, good)
    assert (found.tracks, found.pure, found.first, found.false_links) == (3, 3, 2, 0)
    assert (found.returns, found.linked) == (1, 1)
    mixed = count_groups(visits, OWNERS, good | {("door", 5): 2, ("door", 4): 4})
    assert (mixed.false_links, mixed.returns, mixed.linked) == (1, 1, 0)


def alert(rule: str, track: int, at: float, person: str | None = None) -> AlertRow:
    raised = OPENING.timestamp() + at
    end = ("door", track, person, None, None, None, False, None, None, None)
    return AlertRow(track, f"{rule}{track}{at}", rule, "", "", 0, raised, raised, "shop", "run", *end)


def count(rule: str, *alerts: AlertRow) -> tuple[int, ...]:
    found = count_alerts(rule, CLIPS, alerts, OWNERS, watched={"Ada"}, closing=3600)
    return found.wanted, found.raised, found.met, found.again, found.false, found.of_enrolled


def test_alerts_are_held_against_the_truth() -> None:
    ada, ben = alert(WATCHED, 1, 1.1, "Ada"), alert(WATCHED, 6, 5002, "Ben")
    assert count(WATCHED, ada, ben, alert(CLOSED, 4, 4001)) == (2, 2, 1, 0, 1, 1)
    again = [alert(RETURNING, 4, 4001), alert(RETURNING, 2, 51), alert(RETURNING, 7, 9)]
    assert count(RETURNING, *again) == (1, 3, 1, 0, 2, 0)
    assert count(CLOSED, alert(CLOSED, 4, 4001), alert(CLOSED, 5, 4002), alert(CLOSED, 6, 5001)) == (1, 3, 1, 1, 1, 1)


def test_the_delay_counts_from_the_first_frame_with_the_face() -> None:
    found = count_alerts(WATCHED, CLIPS, [alert(WATCHED, 1, 1.1, "Ada")], OWNERS, watched={"Ada"}, closing=3600)
    assert found.delays == pytest.approx([1.0])


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_tiny_day_runs_without_other_data(tmp_path: Path) -> None:
    page = tmp_path / "results" / "shop_day.md"
    size = ("--enrolled", "2", "--strangers", "5", "--returning", "2", "--later", "1", "--watched", "1")
    arguments = (*size, "--hours", "0.2", "--recognizer", "base", "--out", tmp_path / "out", "--write", page)
    text = run("benchmarks.shop_day", *arguments)
    assert "| visits of the enrolled: named right | 4 of 4: 100.0 % (" in text
    assert "| watch-list | 2 | 2 | 2 | 0 | 0 | 0 | 0 |" in text
    assert "| comes again | 4 | 4 | 4 | 0 | 0 | 0 | 0 |" in text
    assert " raised, 0 lost, 0 doubled." in text
    assert text.strip() in page.read_text()
    assert run("benchmarks.shop_day", *arguments).split("### Seconds")[0] == text.split("### Seconds")[0]
