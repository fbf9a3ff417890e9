"""Strangers get groups as they come; who returns is linked; who gets a name leaves; nothing is lost by a kill."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from pipeline.events import Event, PersonAction, SampleEvent, TrackAction, TrackEvent
from pipeline.history.groups.changes import GroupChanges
from pipeline.history.groups.grouper import SWEEP_SECONDS, Grouper
from pipeline.history.groups.reader import GroupReader
from pipeline.history.retention import Limits, Retention
from pipeline.history.store import HistoryWriter
from tests.synthetic.events import NODE
from tests.synthetic.person_queue import queued_person_events
from tests.synthetic.strangers import groups_of, links, pass_by
from tests.synthetic.visits import renamed


class Room:
    """A history with its grouper, on clocks that stand still unless moved."""

    def __init__(self, place: Path | str) -> None:
        self.now = 5000.0
        self.writer = HistoryWriter(place, node=NODE, unknowns=True, clock=lambda: self.now)
        self.database = self.writer.database
        self.grouper = self.restarted()

    def restarted(self) -> Grouper:
        self.grouper = Grouper(self.database, links(), false_link=0.01, clock=lambda: self.now, wall=lambda: self.now)
        return self.grouper

    def add(self, *events: Event) -> None:
        self.grouper.step(self.writer.add(events, None))

    @property
    def groups(self) -> dict[int, int]:
        return groups_of(self.database)


@pytest.fixture
def room(place: Path | str) -> Iterator[Room]:
    made = Room(place)
    with made.writer:
        yield made


def test_who_returns_is_linked_and_others_get_groups_of_their_own(room: Room) -> None:
    for number, person in enumerate([1, 2, 1, 3, 2, 1], 1):
        room.add(*pass_by(person, number=number))
    assert room.groups == {1: 1, 2: 2, 3: 1, 4: 3, 5: 2, 6: 1}
    [newest, *_] = GroupReader(room.database).page()
    assert (newest.id, newest.tracks, newest.first_seen) == (1, 3, 1060.0)


def test_each_link_and_each_new_group_is_told(room: Room) -> None:
    for number, person in enumerate([1, 2, 1], 1):
        room.add(*pass_by(person, number=number))
    events = [one.event for one in queued_person_events(room.database, limit=9)]
    told = [(event.action, event.track, event.group, event.tracks, event.first_seen) for event in events]
    assert told == [
        (PersonAction.GROUPED, 1, "unknown-1", 1, 1060.0),
        (PersonAction.GROUPED, 2, "unknown-2", 1, 1120.0),
        (PersonAction.GROUPED, 3, "unknown-1", 2, 1060.0),
    ]
    chances = [event.chance for event in events]
    assert chances[:2] == [None, None]
    assert chances[2] is not None
    assert chances[2] < 0.01


def test_a_track_is_linked_while_it_is_seen_and_gets_its_own_group_only_at_its_end(room: Room) -> None:
    room.add(*pass_by(1, number=1))
    begin, *_ = pass_by(1, number=2)
    look = next(event for event in pass_by(1, number=2) if isinstance(event, SampleEvent))
    other = pass_by(2, number=3)
    room.add(begin, msgspec.structs.replace(look, final=False), *other[:-1])
    assert room.groups == {1: 1, 2: 1}
    room.add(other[-1])
    assert room.groups == {1: 1, 2: 1, 3: 2}


def test_two_tracks_in_one_picture_are_two_people(room: Room) -> None:
    room.add(*pass_by(1, number=1, at=1000.0))
    room.add(*pass_by(1, number=2, at=1001.0))
    room.add(*pass_by(1, number=3, at=2000.0))
    assert room.groups[1] != room.groups[2]


def test_a_track_that_gets_a_name_leaves_and_comes_back_without_it(room: Room) -> None:
    for number in (1, 2):
        room.add(*pass_by(1, number=number))
    room.add(renamed(900, "Ada", 5000.0, number=2))
    assert room.groups == {1: 1}
    told = [one.event for one in queued_person_events(room.database, limit=9)][-1]
    assert (told.action, told.track, told.group, told.previous_group, told.person) == (
        PersonAction.MOVED,
        2,
        None,
        "unknown-1",
        "Ada",
    )
    lost = renamed(901, None, 5001.0, number=2)
    room.add(lost)
    assert room.groups == {1: 1, 2: 1}


def test_a_group_goes_with_its_last_template(room: Room) -> None:
    room.add(*pass_by(1, number=1))
    room.now += 5 * 86_400
    room.add(*pass_by(1, number=2), *pass_by(2, number=3))
    retention = Retention(room.database, Limits(unknown_days=3), unknowns=True, clock=lambda: room.now)
    retention.step()
    room.now += SWEEP_SECONDS
    room.grouper.step()
    assert room.groups == {2: 1, 3: 2}
    assert GroupReader(room.database).group(1).tracks == 1  # type: ignore[union-attr]
    room.now += 4 * 86_400
    retention.step()
    room.grouper.step()
    assert room.database.rows("SELECT * FROM groups") == room.database.rows("SELECT * FROM track_groups") == []


def test_a_restart_knows_the_groups_and_takes_up_what_was_not_grouped(room: Room) -> None:
    room.add(*pass_by(1, number=1))
    room.writer.add([*pass_by(1, number=2), *pass_by(2, number=3)], None)  # and the recorder is killed
    room.restarted().step()
    assert room.groups == {1: 1, 2: 1, 3: 2}


def test_what_an_operator_changed_counts_at_once(room: Room) -> None:
    for number, person in enumerate([1, 2], 1):
        room.add(*pass_by(person, number=number))
    GroupChanges(room.database).merge(2, 1, by="Eve")
    room.add(*pass_by(2, number=3))
    assert room.groups == {1: 1, 2: 1, 3: 1}


def test_a_failure_in_the_middle_leaves_nothing_in_memory(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.add(*pass_by(1, number=1))
    touched = room.writer.add(pass_by(2, number=2), None)
    with monkeypatch.context() as broken:
        broken.setattr("pipeline.history.groups.grouper.queue_person_event", fail)
        with pytest.raises(OSError, match="full"):
            room.grouper.step(touched)
    room.add(*pass_by(2, number=3))
    assert room.groups[1] == 1
    assert 2 not in room.groups
    room.restarted().step()
    assert room.groups[2] == room.groups[3] != 1


def fail(*_: object, **__: object) -> None:
    raise OSError("the disk is full")


def test_templates_of_another_recogniser_are_left_alone(room: Room) -> None:
    [begin, middle, look, end] = pass_by(1, number=1)
    assert isinstance(look, SampleEvent)
    assert isinstance(end, TrackEvent)
    assert end.action is TrackAction.END
    room.add(begin, middle, msgspec.structs.replace(look, model_id="other"), end)
    assert room.groups == {}
