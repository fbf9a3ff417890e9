"""Many alerts come together, few alone, and a retry sends the same mail."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.alerts.deliver.backlog import Backlog, NewDelivery
from pipeline.alerts.deliver.outcome import Delivered, Later, Outcome
from pipeline.alerts.deliver.pending import Pending
from pipeline.alerts.deliver.receiver import Message, Receiver
from pipeline.alerts.mail.digest import Digest
from pipeline.settings.rooms.deliveries import MailSettings

SETTINGS = MailSettings(digest_after=3, digest_minutes=10.0)


class Desk:
    """A queue with a digest on an injected clock."""

    def __init__(self, path: Path) -> None:
        self.now, self.sent = 1_000_000.0, list[tuple[str, int]]()
        self.outcome: Outcome = Delivered()
        self.backlog = Backlog(path, clock=self.clock)
        self.backlog.register(["mail"])
        self.pending = Pending(self.backlog.file, "mail", bounds=SETTINGS, clock=self.clock, random=lambda: 1.0)
        self.receiver = Receiver(lambda: self.pending, self.send, choose=Digest(SETTINGS, clock=self.clock).choose)

    def clock(self) -> float:
        return self.now

    def send(self, message: Message) -> Outcome:
        self.sent.append((message.id, len(message.deliveries)))
        return self.outcome

    def add(self, *keys: str) -> None:
        for key in keys:
            self.backlog.add(NewDelivery("mail", key, b"{}", self.now))

    def run(self, steps: int = 10) -> float:
        """Step until nothing is due; returns the seconds until something is."""
        for _ in range(steps):
            wait = self.receiver.step(self.pending)
            if wait > 0:
                return wait
        raise AssertionError("never done")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path / "mail.db")
    with found.backlog:
        yield found


def test_few_alerts_are_a_mail_each(desk: Desk) -> None:
    desk.add("1", "2", "3")
    desk.run()
    assert desk.sent == [("1", 1), ("2", 1), ("3", 1)]


def test_from_the_fourth_on_they_gather_and_come_as_one(desk: Desk) -> None:
    for key in ("1", "2", "3"):
        desk.add(key)
        desk.run()
        desk.now += 10
    desk.add("4")
    assert desk.run() == 600
    desk.now += 300
    desk.add("5", "6")
    assert desk.run() == 300
    desk.now += 300
    desk.run()
    assert desk.sent[3:] == [("4_3", 3)]
    desk.add("7")
    assert desk.run() == 600  # the three of the digest count too
    desk.now += 601
    desk.add("8")
    desk.run()
    assert desk.sent[4:] == [("7_2", 2)]


def test_a_digest_that_failed_is_sent_again_as_it_was(desk: Desk) -> None:
    desk.add("1", "2", "3", "4")
    desk.now += 601
    desk.outcome = Later("down")
    desk.run()
    desk.add("5")
    desk.outcome = Delivered()
    desk.now += 5
    desk.run()
    assert desk.sent == [("1_4", 4), ("1_4", 4)]
    desk.now += 601
    desk.run()
    assert desk.sent[2:] == [("5_1", 1)] or desk.sent[2:] == [("5", 1)]


def test_what_could_not_be_sent_for_hours_is_one_mail(desk: Desk) -> None:
    desk.add(*(str(number) for number in range(100, 150)))
    desk.now += 7200
    desk.run()
    assert desk.sent == [("100_50", 50)]
