"""Once a day at the given local time, beside the recording; what changed meanwhile is left alone."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.events import PersonAction
from pipeline.history.database import Database
from pipeline.history.groups.changes import GroupChanges
from pipeline.history.groups.membership import Membership, new_group, put, refresh, resolve
from pipeline.history.groups.nightly import Nightly, next_time
from pipeline.history.store import HistoryWriter
from tests.synthetic.events import NODE
from tests.synthetic.person_queue import queued_person_events
from tests.synthetic.strangers import groups_of, links, pass_by

NOON = datetime(2026, 11, 27, 12).timestamp()
THREE = datetime(2026, 11, 28, 3).timestamp()


@pytest.fixture
def database(place: Path | str) -> Iterator[Database]:
    """Person 1 in groups 1 (a track) and 2 (two tracks), person 2 in group 3."""
    with HistoryWriter(place, node=NODE, unknowns=True) as writer:
        writer.add([event for number, who in enumerate([1, 1, 1, 2], 1) for event in pass_by(who, number=number)], None)
        with writer.database.writing():
            for _ in range(3):
                new_group(writer.database, at=0.0)
            put(writer.database, [Membership(n, g, None, by_hand=False) for n, g in ((1, 1), (2, 2), (3, 2), (4, 3))])
            refresh(writer.database, (1, 2, 3))
        yield writer.database


class Clock:
    now = NOON

    def __call__(self) -> float:
        return self.now


def nightly(database: Database, clock: Clock, changed: list[int]) -> Nightly:
    return Nightly(database, links(), false_link=0.01, at="03:00", changed=lambda: changed.append(1), wall=clock)


def test_it_begins_at_its_time_and_not_before(database: Database) -> None:
    clock, changed = Clock(), list[int]()
    night = nightly(database, clock, changed)
    for now in (NOON, THREE - 1):
        clock.now = now
        night.step()
        night.wait()
    assert groups_of(database)[1] == 1
    clock.now = THREE
    night.step()
    night.wait()
    assert groups_of(database) == {1: 2, 2: 2, 3: 2, 4: 3}
    assert changed == [1]
    assert resolve(database, 1) == 2
    [event] = [one.event for one in queued_person_events(database, limit=9)]
    assert (event.action, event.track, event.group, event.previous_group, event.tracks) == (
        PersonAction.MOVED,
        1,
        "unknown-2",
        "unknown-1",
        3,
    )


def test_a_track_that_an_operator_moved_meanwhile_stays(database: Database) -> None:
    night = nightly(database, Clock(), [])
    night.begin()
    GroupChanges(database).merge(1, 3, by="Eve")
    night.wait()
    assert groups_of(database) == {1: 3, 2: 2, 3: 2, 4: 3}


def test_a_track_that_is_gone_meanwhile_is_left_out(database: Database) -> None:
    night = nightly(database, Clock(), [])
    night.begin()
    with database.writing():
        database.change("DELETE FROM track_groups WHERE track = 1")
        refresh(database, [1])
    night.wait()
    assert groups_of(database) == {2: 2, 3: 2, 4: 3}


def test_a_clock_that_was_set_back_does_not_wait_for_years(database: Database) -> None:
    clock = Clock()
    clock.now = NOON + 900 * 86_400
    night = nightly(database, clock, [])
    for now in (NOON, THREE):
        clock.now = now
        night.step()
        night.wait()
    assert groups_of(database)[1] == 2


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ((2026, 11, 27, 2, 59), (2026, 11, 27, 3)),
        ((2026, 11, 27, 3), (2026, 11, 28, 3)),
        ((2026, 12, 31, 12), (2027, 1, 1, 3)),
        ((2026, 3, 28, 12), (2026, 3, 29, 3)),  # the night of the summer time
        ((2026, 10, 25, 1), (2026, 10, 25, 3)),
    ],
)
def test_the_next_time_is_local(
    now: tuple[int, ...], expected: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        found = next_time("03:00", datetime(*now).timestamp())  # type: ignore[arg-type]
        assert found == datetime(*expected).timestamp()  # type: ignore[arg-type]
    finally:
        monkeypatch.undo()
        time.tzset()
