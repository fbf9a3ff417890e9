"""When a configuration file is read again. The thread is real; the tests wait for what it does."""

import logging
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.reload.watch import ConfigWatch


class TakeUp:
    """Notes what it read; may fail."""

    def __init__(self, path: Path) -> None:
        self.path, self.texts = path, list[str]()
        self.called = threading.Event()
        self.fail: Callable[[], None] = lambda: None

    def __call__(self) -> None:
        self.texts.append(self.path.read_text())
        self.called.set()
        self.fail()

    def next(self) -> str:
        assert self.called.wait(10)
        self.called.clear()
        return self.texts[-1]


@pytest.fixture
def take_up(tmp_path: Path) -> TakeUp:
    path = tmp_path / "site.yaml"
    path.write_text("one")
    return TakeUp(path)


def test_a_file_that_is_replaced_is_read_once(take_up: TakeUp, tmp_path: Path) -> None:
    with closing(ConfigWatch(take_up.path, take_up, poll=0.01)):
        (tmp_path / "new").write_text("two")
        (tmp_path / "new").replace(take_up.path)
        assert take_up.next() == "two"
        assert not take_up.called.wait(0.1)
    assert take_up.texts == ["two"]


def test_a_file_that_is_gone_for_a_while_changes_nothing(take_up: TakeUp) -> None:
    with closing(ConfigWatch(take_up.path, take_up, poll=0.01)):
        take_up.path.unlink()
        assert not take_up.called.wait(0.1)
        take_up.path.write_text("three")
        assert take_up.next() == "three"


def test_a_signal_reads_the_file_changed_or_not(take_up: TakeUp) -> None:
    with closing(ConfigWatch(take_up.path, take_up, polls=False)) as watch:
        take_up.path.write_text("two")
        assert not take_up.called.wait(0.1)
        watch.ask()
        assert take_up.next() == "two"
        watch.ask()
        assert take_up.next() == "two"


def test_a_wrong_file_is_logged_and_the_next_one_is_read(take_up: TakeUp, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise ValueError("cameras[0].source: expected text")

    take_up.fail = fail
    with caplog.at_level(logging.ERROR), closing(ConfigWatch(take_up.path, take_up, poll=0.01)):
        take_up.path.write_text("broken")
        assert take_up.next() == "broken"
        take_up.fail = lambda: None
        take_up.path.write_text("right again")
        assert take_up.next() == "right again"
    assert [record.getMessage() for record in caplog.records] == [
        "configuration site.yaml: cameras[0].source: expected text; nothing is changed"
    ]
