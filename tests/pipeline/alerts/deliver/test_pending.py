"""The queue of a receiver: order, retries, bounds, and what it has not been told."""

import logging
from pathlib import Path

import pytest

from pipeline.alerts.deliver.backlog import Backlog, NewDelivery
from pipeline.alerts.deliver.outcome import Delivered, Later, Refused
from pipeline.alerts.deliver.pending import Pending
from pipeline.alerts.deliver.receiver import IDLE_SECONDS, Message, Receiver
from pipeline.alerts.deliver.retry import wait_seconds
from pipeline.alerts.deliver.status import read_status
from pipeline.secrets.known_secrets import KNOWN_SECRETS
from pipeline.settings.rooms.deliveries import Bounds


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "d.db"


def fill(path: Path, clock: Clock, keys: str, receiver: str = "a") -> Backlog:
    backlog = Backlog(path, clock=clock)
    backlog.register(["a", "b"])
    for key in keys:
        backlog.add(NewDelivery(receiver, key, key.encode(), clock()))
    return backlog


def queue(backlog: Backlog, clock: Clock, **bounds: float) -> Pending:
    return Pending(backlog.file, "a", bounds=Bounds(**bounds), clock=clock, random=lambda: 1.0)  # type: ignore[arg-type]


def test_a_failing_receiver_is_tried_later_and_later_in_order(path: Path, clock: Clock) -> None:
    answers = [Later("down"), Later("down", after=100.0), Later("down"), Delivered(), Delivered()]
    sent: list[tuple[str, float]] = []

    def send(message: Message) -> Delivered | Later:
        sent.append((message.id, clock()))
        return answers[len(sent) - 1]  # type: ignore[return-value]

    with fill(path, clock, "12") as backlog:
        pending, receiver, start = queue(backlog, clock), Receiver(lambda: pending, send), clock()
        for _ in answers:
            clock.now += receiver.step(pending)
        assert [(key, at - start) for key, at in sent] == [("1", 0), ("1", 1), ("1", 101), ("1", 105), ("2", 105)]
        assert receiver.step(pending) == IDLE_SECONDS


def test_waits_grow_up_to_five_minutes_with_jitter_and_ask_no_more_than_an_hour() -> None:
    assert [wait_seconds(attempt, lambda: 1.0) for attempt in (1, 2, 5, 9, 10, 1000)] == [1, 2, 16, 256, 300, 300]
    assert wait_seconds(5, lambda: 0.0) == 8
    assert wait_seconds(1, lambda: 1.0, 90.0) == 90
    assert wait_seconds(1, lambda: 1.0, 1e9) == 3600


def test_a_clock_that_was_set_back_does_not_hold_the_next_attempt(path: Path, clock: Clock) -> None:
    with fill(path, clock, "1") as backlog:
        pending = queue(backlog, clock)
        pending.note(pending.head(1), Later("down"))
        assert pending.seconds_left() == 1
        clock.now -= 86400
        assert pending.seconds_left() == 0


def test_what_is_too_old_or_too_much_is_dropped_counted_logged_and_told_once(
    path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with fill(path, clock, "12345") as backlog, caplog.at_level(logging.ERROR):
        pending = queue(backlog, clock, max_pending=3, max_age_hours=1.0)
        told = []

        def send(message: Message) -> Delivered:
            told.append((message.id, message.untold))
            return Delivered()

        receiver = Receiver(lambda: pending, send)
        receiver.step(pending)
        receiver.step(pending)
        assert told == [("3", 2), ("4", 0)]
        clock.now += 3601
        receiver.step(pending)
        assert [record.getMessage() for record in caplog.records] == [
            "a: dropped 2 messages that were too old or too many",
            "a: dropped 1 messages that were too old or too many",
        ]
    status = read_status(path)[0]
    assert (status.pending, status.delivered, status.dropped, status.refused) == (0, 2, 3, 0)


def test_what_is_refused_for_good_makes_way_and_is_told_with_the_next(path: Path, clock: Clock) -> None:
    with fill(path, clock, "12") as backlog:
        pending = queue(backlog, clock)
        pending.note(pending.head(1), Refused("400 no"))
        assert [item.key for item in pending.head(5)] == ["2"]
        assert pending.untold() == 1
        pending.note(pending.head(1), Delivered(), told=1)
        assert pending.untold() == 0
    assert (read_status(path)[0].refused, read_status(path)[0].last_error) == (1, "")


def test_a_receiver_that_is_down_does_not_hold_another(path: Path, clock: Clock) -> None:
    with fill(path, clock, "1") as backlog:
        backlog.add(NewDelivery("b", "1", b"", clock()))
        pending = queue(backlog, clock)
        pending.note(pending.head(1), Later("down"))
        other = Pending(backlog.file, "b", bounds=Bounds(), clock=clock, random=lambda: 1.0)
        assert (other.seconds_left(), other.count()) == (0, 1)


def test_a_batch_that_may_have_arrived_is_sent_again_as_it_was(path: Path, clock: Clock) -> None:
    with fill(path, clock, "12") as backlog:
        queue(backlog, clock).join(queue(backlog, clock).head(2), "both")
        backlog.add(NewDelivery("a", "3", b"", clock()))
    with fill(path, clock, "") as backlog:  # the process was killed in between
        assert [(item.key, item.batch) for item in queue(backlog, clock).head(9)] == [("1", "both"), ("2", "both")]


def test_an_error_is_kept_without_secrets(path: Path, clock: Clock) -> None:
    KNOWN_SECRETS.add(["hunter22"])
    with fill(path, clock, "1") as backlog:
        pending = queue(backlog, clock)
        pending.note(pending.head(1), Later("https://me:pass@host/ said hunter22"))
    assert read_status(path)[0].last_error == "https://***@host/ said ***"
