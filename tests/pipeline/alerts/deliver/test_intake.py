"""The intake stores what it received before it takes more, also on a disk without room."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.alerts.deliver.backlog import Backlog
from pipeline.alerts.deliver.intake import Intake
from pipeline.alerts.deliver.process import Delivering, make_take
from pipeline.alerts.deliver.status import read_status
from pipeline.bus.position import Item, Position
from pipeline.bus.reorder import Gap
from pipeline.events import Event
from pipeline.settings.rooms.deliveries import Wanted
from tests.synthetic.alerts import alert

NOW = 1_000_000.0


class FakeBus:
    """Gives these items, then nothing; settled after the last."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = list(items)
        self.position = Position("a1", {"v1/alert/door/": 9})

    @property
    def is_settled(self) -> bool:
        return not self._items

    def receive(self, timeout: float | None = None) -> Item | None:
        return self._items.pop(0) if self._items else None


def test_a_full_disk_is_waited_for_and_nothing_is_lost(tmp_path: Path) -> None:
    failures, pauses = [OSError("no room"), OSError("no room")], []

    def store(backlog: Backlog, events: Sequence[Event]) -> None:
        if failures:
            raise failures.pop()
        make_take([Delivering("a", Wanted(), lambda _: None)])(backlog, events)  # type: ignore[arg-type,return-value]

    with Backlog(tmp_path / "d.db", clock=lambda: NOW) as backlog:
        backlog.register(["a"])
        bus = FakeBus([alert(seq, at=NOW) for seq in range(3)])
        Intake("alerts", bus, backlog, store, pause=pauses.append).step()
        assert len(pauses) == 2
        assert read_status(tmp_path / "d.db")[0].pending == 3
        assert backlog.position("alerts") == bus.position


def test_lost_alerts_are_told_but_not_those_before_the_first_start(tmp_path: Path) -> None:
    gap = Gap("v1/alert/door/", "a1", 3, 7)
    with Backlog(tmp_path / "d.db", clock=lambda: NOW) as backlog:
        backlog.register(["a"])
        for dropped in (0, 5):
            store = make_take([Delivering("a", Wanted(), lambda _: None)])  # type: ignore[arg-type,return-value]
            Intake("alerts", FakeBus([gap]), backlog, store).step()
            assert read_status(tmp_path / "d.db")[0].dropped == dropped


@pytest.mark.parametrize(
    ("fields", "wanted", "is_taken"),
    [
        ({}, Wanted(), True),
        ({}, Wanted(rules=("couriers",), people=("Ada",), cameras=("door",)), True),
        ({}, Wanted(rules=("others",)), False),
        ({}, Wanted(people=("Ben",)), False),
        ({}, Wanted(cameras=("yard",)), False),
        ({"action": "acknowledged"}, Wanted(), False),
        ({"action": "acknowledged"}, Wanted(actions=("acknowledged",)), True),
        ({"level": 1}, Wanted(min_level=2), False),
        ({"level": 2}, Wanted(min_level=2), True),
        ({"person": None}, Wanted(people=("Ada",)), False),
    ],
)
def test_each_receiver_gets_what_it_wants(
    tmp_path: Path, fields: dict[str, object], wanted: Wanted, is_taken: bool
) -> None:
    with Backlog(tmp_path / "d.db", clock=lambda: NOW) as backlog:
        backlog.register(["a"])
        store = make_take([Delivering("a", wanted, lambda _: None)])  # type: ignore[arg-type,return-value]
        Intake("alerts", FakeBus([alert(0, at=NOW, **fields)]), backlog, store).step()
    assert read_status(tmp_path / "d.db")[0].pending == is_taken
