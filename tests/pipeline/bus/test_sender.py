"""The thread that sends: order, a bounded queue, and the end."""

import logging
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing

import pytest
import zmq

from pipeline.bus.sender import Outgoing, Sender
from tests.synthetic.events import track


class Stuck:
    """Sending that stands still until it may go on."""

    def __init__(self) -> None:
        self.began, self.may_go_on = threading.Event(), threading.Event()
        self.sent: list[int] = []

    def __call__(self, batch: Sequence[Outgoing]) -> None:
        self.began.set()
        assert self.may_go_on.wait(10)
        self.sent += [item.event.seq for item in batch]


def item(seq: int) -> Outgoing:
    return Outgoing("v1/track/door/", track(seq), b"")


def test_sending_that_stands_still_does_not_stop_the_engine_and_drops_are_counted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("pipeline.bus.sender.MAX_QUEUED_EVENTS", 3)
    stuck = Stuck()
    with closing(Sender(stuck)) as sender, caplog.at_level(logging.WARNING):
        sender.put(item(0))
        assert stuck.began.wait(10)
        for seq in range(1, 9):
            sender.put(item(seq))
        assert sender.dropped == 5
        stuck.may_go_on.set()
    assert stuck.sent == [0, 1, 2, 3]
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_closing_sends_what_is_queued() -> None:
    sent: list[int] = []
    sender = Sender(lambda batch: sent.extend(item.event.seq for item in batch))
    for seq in range(1000):
        sender.put(item(seq))
    sender.close()
    sender.close()
    assert sent == list(range(1000))


@pytest.mark.parametrize(
    "error",
    [zmq.ZMQError(zmq.EINVAL), OSError(5, "disk"), sqlite3.OperationalError("locked"), MemoryError(), KeyError("seq")],
    ids=repr,
)
def test_a_failure_to_send_does_not_end_the_thread(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    sent: list[int] = []

    def fail_first(batch: Sequence[Outgoing]) -> None:
        sent.append(len(batch))
        if len(sent) == 1:
            failed.set()
            raise error

    failed = threading.Event()
    with closing(Sender(fail_first)) as sender:
        sender.put(item(0))
        assert failed.wait(10)
        sender.put(item(1))
    assert len(sent) == 2
    assert "cannot send" in caplog.text
