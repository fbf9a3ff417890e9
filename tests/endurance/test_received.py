"""Items and position are stored together, and read as they came."""

from contextlib import closing
from pathlib import Path

from pipeline.client import Gap, Position
from tests.endurance.received import ReceivedFile
from tests.synthetic.events import EPOCH, one_of_each


def test_items_and_position_are_read_as_they_came(tmp_path: Path) -> None:
    items = [*one_of_each(), Gap("v1/track/door/", EPOCH, 3, 5, open_end=True)]
    position = Position(EPOCH, {"v1/track/door/": 5})
    with closing(ReceivedFile(tmp_path / "received.db")) as received:
        assert received.position is None
        received.add(items[:2], Position(EPOCH, {}))
        received.add(items[2:], position)
    with closing(ReceivedFile(tmp_path / "received.db")) as again:
        assert (again.position, again.read()) == (position, items)
