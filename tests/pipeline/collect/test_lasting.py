"""A part of a collecting process whose store takes nothing waits, and goes on where it was."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import msgspec
import pytest

from pipeline.bus.publisher import Publisher
from pipeline.collect.database import open_collection
from pipeline.collect.lasting import MAX_RETRY_SECONDS, StoreHealth, lasting
from pipeline.collect.process import CollectProcess
from pipeline.settings.rooms.collect import CollectSettings
from tests.synthetic.collection import keys
from tests.synthetic.events import health, track, until
from tests.synthetic.redis import redis_server
from tests.synthetic.small_disk import small_disk


@contextmanager
def running(process: CollectProcess) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=process.run, args=(stop.is_set,))
    thread.start()
    try:
        yield
        assert thread.is_alive()
    finally:
        stop.set()
        thread.join()


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_a_full_disk_is_waited_for_and_nothing_is_lost(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with ExitStack() as stack:
        disk = stack.enter_context(small_disk(tmp_path / "disk", kib=32 << 10))
        redis = stack.enter_context(redis_server(tmp_path / "redis"))
        outbox = tmp_path / "outbox.db"
        node = stack.enter_context(closing(Publisher("tcp://127.0.0.1:*", node="node", epoch="e1", outbox=str(outbox))))
        file = str(disk.folder / "collection.db")
        section = {"file": file, "nodes": [node.address], "redis": redis.settings()}
        process = CollectProcess(msgspec.convert(section, CollectSettings))
        with running(process):
            for seq in range(20):
                node.on_event(track(seq, epoch="e1"))
            until(lambda: _count(file) == 20, seconds=20)
            disk.fill()
            for seq in range(20, 2020):
                node.on_event(track(seq, epoch="e1"))
            until(lambda: "gather" in process.health.errors(), seconds=20)
            assert "the disk is full" in process.health.errors()["gather"]
            stored = _count(file)
            assert stored < 2020
            disk.make_room()
            beats = itertools.count()
            until(
                lambda: _count(file) == 2020 and not process.health.errors(),
                poke=lambda: node.on_event(health(next(beats), {"v1/track/door/": 2019}, epoch="e1")),
                seconds=40,
            )
            until(lambda: len(redis.entries()) == 2020, seconds=20)
        with closing(open_collection(file)) as database:
            found = keys(database)
        assert found == [f"node/e1/v1/track/door/{seq}" for seq in range(2020)]
        assert [key for _, key in redis.entries()] == found
    assert "gather waits, acknowledges nothing, and is tried again: collection" in caplog.text
    assert "gather goes on; the store takes entries again" in caplog.text


def _count(file: str) -> int:
    try:
        with closing(open_collection(file)) as database:
            return len(keys(database))
    except (OSError, ValueError):  # being made
        return 0


def failing(times: int) -> Callable[[], None]:
    """Work that ends after so many errors."""
    left = iter([True] * times)

    def work() -> None:
        if next(left, False):
            raise OSError("the disk is full")

    return work


def test_it_is_tried_again_ever_more_rarely_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    health, waited = StoreHealth(), []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        assert health.errors() == {"gather": "the disk is full"}
        return False

    lasting("gather", failing(9), wait, health, clock=lambda: 0.0)
    assert waited[:3] == [0.2, 0.4, 0.8]
    assert waited[-1] == MAX_RETRY_SECONDS
    health.works("gather")
    health.works("gather")
    assert health.errors() == {}
    assert [record.message for record in caplog.records] == [
        "collect: gather waits, acknowledges nothing, and is tried again: the disk is full",
        "collect: gather goes on; the store takes entries again",
    ]


def test_after_it_has_worked_for_a_while_the_first_wait_is_short_again() -> None:
    waited: list[float] = []
    moments = iter(range(0, 10_000, 100))
    lasting("x", failing(4), lambda s: bool(waited.append(s)), StoreHealth(), clock=lambda: float(next(moments)))
    assert waited == [0.2] * 4


def test_a_process_that_ends_does_not_wait_on() -> None:
    lasting("x", failing(2), lambda _: True, StoreHealth())


def test_what_is_wrong_for_good_ends_it() -> None:
    def work() -> None:
        raise ValueError("not a collection of events")

    with pytest.raises(ValueError, match="not a collection"):
        lasting("x", work, lambda _: False, StoreHealth())
