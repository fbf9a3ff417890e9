"""Consumers that acknowledge: what they lack outlives the retention, within bounds, and starts of the node."""

from contextlib import closing
from pathlib import Path

import pytest

from pipeline.bus.outbox import Outbox, OutboxReader, Query, Retention, TooManyConsumersError
from pipeline.bus.outbox.consumers import MAX_CONSUMERS, Consumers
from pipeline.events import encode, topic
from tests.synthetic.events import track

FEW = Retention(events=5)


def fill(outbox: Outbox, first: int, last: int, **fields: float) -> None:
    for seq in range(first, last):
        event = track(seq, **fields)
        outbox.put(topic(event), event, encode(event))
    assert outbox.flush(5)


def kept(outbox: Outbox) -> list[int]:
    with closing(OutboxReader(outbox.path)) as reader:
        return [row.seq for row in reader.read(Query(topic="v1/"), 100_000)]


def test_what_a_consumer_lacks_is_kept_also_after_a_start(tmp_path: Path) -> None:
    with closing(Outbox(tmp_path / "o.db", retention=FEW)) as outbox:
        fill(outbox, 0, 3)
        outbox.acknowledge("collector", 2)
        fill(outbox, 3, 20)
        assert kept(outbox) == list(range(2, 20))
    with closing(Outbox(tmp_path / "o.db", retention=FEW)) as outbox:
        fill(outbox, 20, 25)
        assert kept(outbox) == list(range(2, 25))
        outbox.acknowledge("collector", 24)
        fill(outbox, 25, 26)
        assert kept(outbox) == list(range(21, 26))


def test_the_slowest_consumer_counts(tmp_path: Path) -> None:
    with closing(Outbox(tmp_path / "o.db", retention=FEW)) as outbox:
        outbox.acknowledge("slow", 1)
        outbox.acknowledge("quick", 8)
        fill(outbox, 0, 20)
        assert kept(outbox) == list(range(1, 20))


def test_a_dead_consumer_cannot_fill_the_disk(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with closing(Outbox(tmp_path / "o.db", retention=Retention(events=100, wait_mb=0.2))) as outbox:
        outbox.acknowledge("dead", 0)
        for start in range(0, 5000, 500):
            fill(outbox, start, start + 500)
        assert 100 <= len(kept(outbox)) <= 2000
        assert outbox.size is not None
        assert outbox.size < 8_000_000
    assert caplog.text.count("a consumer is too far behind") >= 1


def test_events_too_old_for_anybody_are_not_kept(tmp_path: Path) -> None:
    now = [1_700_000_000.0]
    retention = Retention(hours=1, wait_hours=48)
    with closing(Outbox(tmp_path / "o.db", retention=retention, clock=lambda: now[0], steady=lambda: now[0])) as outbox:
        for first, hours in enumerate((0, 25, 24)):  # of the last, ten minutes confirm that the clock is right
            now[0] += 3600 * hours
            outbox.acknowledge("dead", 0)
            fill(outbox, first, first + 1, wall_time=now[0])
        for later in range(3, 15):
            now[0] += 60
            fill(outbox, later, later + 1, wall_time=now[0])
        assert kept(outbox) == list(range(1, 15))


def test_a_consumer_that_was_not_heard_for_long_is_not_waited_for(tmp_path: Path) -> None:
    consumers = Consumers(tmp_path / "o.db")
    consumers.acknowledge("gone", 3, heard=100.0)
    assert consumers.held_from(since=100.0) == 3
    assert consumers.held_from(since=101.0) is None


def test_a_hostile_client_cannot_add_consumers_without_end(tmp_path: Path) -> None:
    consumers = Consumers(tmp_path / "o.db")
    for number in range(MAX_CONSUMERS):
        consumers.acknowledge(f"consumer {number}", 0, heard=0.0)
    with pytest.raises(TooManyConsumersError, match="at most 16 consumers"):
        consumers.acknowledge("one more", 0, heard=0.0)
    consumers.acknowledge("consumer 3", 9, heard=0.0)
    assert Consumers(tmp_path / "o.db").acknowledged("consumer 3") == 9


@pytest.mark.parametrize("content", [b"", b"[]", b'{"a": {"acknowledged": "x"}}', b"\xff" * 100, b" " * 100_000])
def test_a_file_that_cannot_be_read_counts_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "o.db.consumers").write_bytes(content)
    consumers = Consumers(tmp_path / "o.db")
    assert consumers.held_from(since=0.0) is None
    consumers.acknowledge("collector", 1, heard=1.0)
    assert (tmp_path / "o.db.consumers").stat().st_mode & 0o077 == 0
