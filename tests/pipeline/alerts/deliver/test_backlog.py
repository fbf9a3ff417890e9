"""The backlog stores each delivery once, in one transaction with the position."""

from pathlib import Path

import pytest

from pipeline.alerts.deliver.backlog import KEEP_DONE_SECONDS, Backlog, NewDelivery
from pipeline.alerts.deliver.outcome import Delivered
from pipeline.alerts.deliver.pending import Pending
from pipeline.bus.position import Position
from pipeline.settings.rooms.deliveries import Bounds

NOW = 1_000_000.0


def new(key: str, receiver: str = "a", at: float = NOW, **more: object) -> NewDelivery:
    return NewDelivery(receiver, key, b"{}", at, **more)  # type: ignore[arg-type]


def pending(backlog: Backlog, receiver: str = "a") -> Pending:
    return Pending(backlog.file, receiver, bounds=Bounds(), clock=lambda: NOW, random=lambda: 1.0)


def test_what_comes_twice_is_stored_once_also_after_it_was_delivered(tmp_path: Path) -> None:
    with Backlog(tmp_path / "d.db", clock=lambda: NOW) as backlog:
        backlog.register(["a", "b"])
        assert [backlog.add(new("1")), backlog.add(new("1")), backlog.add(new("1", "b"))] == [True, False, True]
        queue = pending(backlog)
        queue.note(queue.head(1), Delivered())
        assert backlog.add(new("1")) is False
        assert (queue.count(), pending(backlog, "b").count()) == (0, 1)


def test_deliveries_and_position_are_stored_together_or_not_at_all(tmp_path: Path) -> None:
    with Backlog(tmp_path / "d.db", clock=lambda: NOW) as backlog:
        backlog.register(["a"])

        def fail() -> None:
            with backlog.file.writing():
                backlog.add(new("1"))
                backlog.move("alerts", Position("e1", {"t": 4}))
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert (backlog.position("alerts"), pending(backlog).count()) == (None, 0)
        with backlog.file.writing():
            backlog.add(new("1"))
            backlog.move("alerts", Position("e1", {"t": 4}))
        assert backlog.position("alerts") == Position("e1", {"t": 4})


def test_what_was_before_a_receiver_is_not_for_it(tmp_path: Path) -> None:
    with Backlog(tmp_path / "d.db", clock=lambda: NOW) as backlog:
        backlog.register(["a"])
        assert backlog.add(new("old", at=NOW - 3600)) is False
        assert backlog.add(new("just now", at=NOW - 30)) is True


def test_between_two_of_a_rule_is_a_pause_and_a_replay_gives_the_same_answer(tmp_path: Path) -> None:
    with Backlog(tmp_path / "d.db", clock=lambda: NOW) as backlog:
        backlog.register(["a"])
        times = {"1": 0.0, "2": 30.0, "3": 61.0, "4": 100.0}

        def give(keys: str) -> list[bool]:
            return [backlog.add(new(key, at=NOW + times[key], rule="r", min_seconds=60.0)) for key in keys]

        assert give("1234") == [True, False, True, False]
        assert give("24") == [False, False]
        assert backlog.add(new("5", at=NOW + 31, rule="other", min_seconds=60.0))


def test_a_receiver_that_is_gone_takes_what_waits_with_it(tmp_path: Path) -> None:
    with Backlog(tmp_path / "d.db", clock=lambda: NOW) as backlog:
        backlog.register(["a", "b"])
        backlog.add(new("1"))
        backlog.add(new("1", "b"))
        assert backlog.register(["b", "c"]) == 1
        assert backlog.add(new("2", "a")) is False
        assert pending(backlog, "b").count() == 1


def test_keys_are_forgotten_after_weeks(tmp_path: Path) -> None:
    now = NOW
    with Backlog(tmp_path / "d.db", clock=lambda: now) as backlog:
        backlog.register(["a"])
        backlog.add(new("1"))
        queue = pending(backlog)
        queue.note(queue.head(1), Delivered())
        now += KEEP_DONE_SECONDS + 1
        backlog.prune()
        assert backlog.file.rows("SELECT count(*) FROM deliveries") == [(0,)]


def test_another_file_is_refused_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database, but long enough to be read as one" * 20)
    with pytest.raises(ValueError, match="no file of deliveries, or damaged"):
        Backlog(tmp_path / "text.db")
    with Backlog(tmp_path / "d.db") as backlog:
        assert (tmp_path / "d.db").stat().st_mode & 0o777 == 0o600
        backlog.file.change("PRAGMA user_version = 99")
    with pytest.raises(ValueError, match="expected schema 1 or less, got 99; update Glimpse"):
        Backlog(tmp_path / "d.db")
