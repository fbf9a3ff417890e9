"""The queue of a history that nobody publishes stays short, and a later publisher gets its newest events in order."""

import logging
from pathlib import Path

import pytest

from glimpse.command.history_steps import open_steps
from pipeline.events import PersonAction
from pipeline.history import person_queue_limit
from pipeline.history.database import Database
from pipeline.history.person_events import queue_person_event
from pipeline.history.person_publisher import PersonPublisher
from pipeline.history.person_queue_limit import MAX_WAITING, PAUSE_SECONDS, PersonQueueLimit
from pipeline.history.store import HistoryWriter
from pipeline.settings.rooms.history import HistorySettings
from tests.pipeline.history.test_person_publisher import Outlet
from tests.synthetic.person_queue import queued_person_events
from tests.synthetic.visits import visit


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def queue(history: HistoryWriter, *groups: int) -> None:
    history.add(visit(None), None)
    with history.database.writing():
        for group in groups:
            queue_person_event(history.database, PersonAction.GROUPED, track=1, at=5.0, group=group)


def waiting(database: Database) -> list[str | None]:
    return [one.event.group for one in queued_person_events(database, limit=99)]


def test_the_newest_wait_and_a_later_publisher_sends_them_in_order(
    place: Path | str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(person_queue_limit, "STEP_ROWS", 2)
    clock, outlet = Clock(), Outlet()
    with HistoryWriter(place, node="node") as history:
        queue(history, *range(1, 9))
        limit = PersonQueueLimit(history.database, most=3, clock=clock)
        with caplog.at_level(logging.WARNING):
            for _ in range(4):
                limit.step()
        assert waiting(history.database) == ["unknown-6", "unknown-7", "unknown-8"]
        assert [record.message.count("history.bind") for record in caplog.records] == [1], "it is said once"
        PersonPublisher(history.database, outlet, node="n", epoch="e1", clock=lambda: 0.0).step()
        assert waiting(history.database) == []
    assert [getattr(event, "group", None) for event in outlet.events] == ["unknown-6", "unknown-7", "unknown-8"]


def test_it_looks_again_after_a_pause_and_deletes_nothing_while_there_are_few(tmp_path: Path) -> None:
    clock = Clock()
    with HistoryWriter(tmp_path / "h.db") as history:
        queue(history, 1, 2)
        limit = PersonQueueLimit(history.database, most=2, clock=clock)
        limit.step()
        assert waiting(history.database) == ["unknown-1", "unknown-2"]
        queue(history, 3)
        limit.step()
        assert len(waiting(history.database)) == 3
        clock.now += PAUSE_SECONDS
        limit.step()
        assert waiting(history.database) == ["unknown-2", "unknown-3"]


@pytest.mark.parametrize(("bind", "left"), [("none", MAX_WAITING), ("tcp://127.0.0.1:*", MAX_WAITING + 5)])
def test_only_a_recorder_that_does_not_publish_deletes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bind: str, left: int
) -> None:
    monkeypatch.setattr(PersonPublisher, "step", lambda _: None)
    with HistoryWriter(tmp_path / "h.db") as history:
        with history.database.writing():
            for _ in range(MAX_WAITING + 5):
                history.database.change("INSERT INTO person_queue (body) VALUES (?)", (b"{}",))
        settings = HistorySettings(bind=bind)
        with open_steps(history.database, settings, unknowns=False, node="n", recognizer="tiny") as steps:
            for step in steps:
                step(())
        assert history.database.rows("SELECT count(*) FROM person_queue") == [(left,)]
