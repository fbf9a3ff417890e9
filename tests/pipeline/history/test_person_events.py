"""What is queued with a change is rolled back with it, and names the run, camera and number of the track."""

from pathlib import Path

import pytest

from pipeline.events import PersonAction
from pipeline.history.database import Database
from pipeline.history.person_events import delete_queued, queue_person_event
from pipeline.history.store import HistoryWriter
from tests.synthetic.person_queue import queued_person_events
from tests.synthetic.visits import visit


def test_an_event_tells_which_track_of_which_run_it_is_about(tmp_path: Path) -> None:
    with HistoryWriter(tmp_path / "h.db") as history:
        history.add(visit(None, number=7, epoch="e5"), None)
        with history.database.writing():
            queue_person_event(
                history.database, PersonAction.GROUPED, track=1, at=5.0, group=17, tracks=3, chance=0.0123456
            )
        [queued] = queued_person_events(history.database, limit=5)
    event = queued.event
    assert (event.of_node, event.of_epoch, event.camera, event.track) == ("node", "e5", "door", 7)
    assert (event.group, event.previous_group, event.person, event.tracks) == ("unknown-17", None, None, 3)
    assert (event.action, event.wall_time, event.chance) == (PersonAction.GROUPED, 5.0, 0.0123)


def test_a_change_that_is_rolled_back_queues_nothing(tmp_path: Path) -> None:
    with HistoryWriter(tmp_path / "h.db") as history:
        history.add(visit(None), None)
        with pytest.raises(RuntimeError):
            queue_and_fail(history.database)
        assert queued_person_events(history.database, limit=5) == []


def queue_and_fail(database: Database) -> None:
    with database.writing():
        queue_person_event(database, PersonAction.MOVED, track=1, at=5.0)
        raise RuntimeError


def test_a_track_that_is_gone_queues_nothing(tmp_path: Path) -> None:
    with HistoryWriter(tmp_path / "h.db") as history:
        queue_person_event(history.database, PersonAction.MOVED, track=99, at=5.0)
        assert queued_person_events(history.database, limit=5) == []


def test_events_are_taken_in_order_and_deleted_up_to_the_last_taken(tmp_path: Path) -> None:
    with HistoryWriter(tmp_path / "h.db") as history:
        history.add(visit(None), None)
        for group in (1, 2, 3):
            queue_person_event(history.database, PersonAction.GROUPED, track=1, at=5.0, group=group)
        first = queued_person_events(history.database, limit=2)
        assert [one.event.group for one in first] == ["unknown-1", "unknown-2"]
        delete_queued(history.database, first)
        assert [one.event.group for one in queued_person_events(history.database, limit=2)] == ["unknown-3"]
