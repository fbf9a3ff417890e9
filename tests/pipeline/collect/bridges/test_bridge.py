"""Both bridges with real servers: each entry once and in order, whatever is killed, lost or repeated."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pytest

from pipeline.collect.bridges.bridge import Bridge
from pipeline.collect.bridges.jetstream import JetStream
from pipeline.collect.bridges.redis_stream import RedisStream
from pipeline.collect.bridges.target import MovedError, Target
from pipeline.collect.reader import StreamReader
from pipeline.collect.retention import StreamRetention
from pipeline.history.database import Database
from pipeline.settings.rooms.collect import NatsSettings, RedisSettings
from tests.synthetic.collection import add, add_tracks, keys, new_collection
from tests.synthetic.events import sample, until
from tests.synthetic.nats import NatsServer, nats_server
from tests.synthetic.redis import RedisServer, redis_server

MEGABYTE = 1 << 20


class Place(Protocol):
    """A server, and what a test does with it."""

    server: Any

    def target(self, **more: Any) -> Target: ...

    def keys(self) -> list[str]: ...

    def forget_last(self) -> None: ...

    def empty(self) -> None: ...


class RedisPlace:
    def __init__(self, server: RedisServer) -> None:
        self.server = server

    def target(self, **more: Any) -> Target:
        return RedisStream(msgspec.convert(self.server.settings(**more), RedisSettings))

    def keys(self) -> list[str]:
        return [key for _, key in self.server.entries()]

    def forget_last(self) -> None:
        """As a crash of a server does that does not write each command to the disk."""
        entries = self.server.client().xrange("glimpse")
        with self.server.client() as client:
            client.delete("glimpse")
            for number, fields in entries[:-1]:
                client.xadd("glimpse", fields, id=number)

    def empty(self) -> None:
        with self.server.client() as client:
            client.xtrim("glimpse", maxlen=0, approximate=False)


class NatsPlace:
    def __init__(self, server: NatsServer) -> None:
        self.server = server

    def target(self, **more: Any) -> Target:
        return JetStream(msgspec.convert(self.server.settings(**more), NatsSettings))

    def keys(self) -> list[str]:
        return [key for _, key, _ in self.server.messages()]

    def forget_last(self) -> None:
        """JetStream counts on after a message is deleted, so the whole stream goes, as a lost disk does."""
        self.server.ask(lambda js: js.delete_stream("GLIMPSE"))

    def empty(self) -> None:
        self.server.ask(lambda js: js.purge_stream("GLIMPSE"))


@pytest.fixture(params=["redis", "nats"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "redis":
        with redis_server(tmp_path / "redis") as redis:
            yield RedisPlace(redis)
    else:
        with nats_server(tmp_path / "nats") as nats:
            yield NatsPlace(nats)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(new_collection(tmp_path)) as database:
        yield database


@contextmanager
def bridge(database: Database, place: Place, **more: Any) -> Iterator[Bridge]:
    with closing(place.target(**more)) as target:
        yield Bridge(database, target, clock=_always_later())


def _always_later() -> Callable[[], float]:
    """A clock by which it is always time for a check."""
    moments = iter(range(0, 10_000_000, 100))
    return lambda: float(next(moments))


def drain(bridge: Bridge) -> None:
    """Pass on until nothing is left, checks included."""
    quiet = 0
    while quiet < 3:
        quiet = 0 if bridge.step() else quiet + 1


def test_all_entries_come_once_and_in_order(database: Database, place: Place) -> None:
    with bridge(database, place) as passing:
        add_tracks(database, 0, 1200)
        drain(passing)
        add_tracks(database, 0, 1300, camera="a b.*>/ä")
        drain(passing)
    assert place.keys() == keys(database)
    [state] = StreamReader(database).bridges()
    assert (state.number, state.behind, state.error) == (2500, 0, "")


def test_a_bridge_that_forgot_everything_asks_the_stream(database: Database, place: Place) -> None:
    add_tracks(database, 0, 700)
    with bridge(database, place) as passing:
        drain(passing)
    database.change("DELETE FROM bridges")
    add_tracks(database, 700, 800)
    with bridge(database, place) as passing:
        drain(passing)
    assert place.keys() == keys(database)


def test_of_two_bridges_the_slower_one_is_refused(database: Database, place: Place) -> None:
    add_tracks(database, 0, 10)
    entries = StreamReader(database).entries(after=0, limit=10)
    with closing(place.target()) as first, closing(place.target()) as second:
        before = first.tip()
        assert second.tip() == before
        first.append(entries[:5], before)
        for others in (entries[:7], entries[3:], entries[8:]):
            with pytest.raises(MovedError):
                second.append(others, before)
        after = second.tip()
        assert after.number in (5, 7)  # JetStream takes what follows a repeat that it has seen shortly before
        second.append(entries[after.number :], after)
    assert place.keys() == keys(database)


def test_what_the_other_system_lost_is_sent_again(database: Database, place: Place) -> None:
    add_tracks(database, 0, 20)
    with bridge(database, place) as passing:
        drain(passing)
        place.forget_last()
        drain(passing)
        assert place.keys() == keys(database)
        place.forget_last()
        add_tracks(database, 20, 30)
        drain(passing)
    assert place.keys() == keys(database)


def test_an_emptied_stream_gets_only_what_is_new(database: Database, place: Place) -> None:
    add_tracks(database, 0, 20)
    with bridge(database, place) as passing:
        drain(passing)
    place.empty()
    add_tracks(database, 20, 25)
    with bridge(database, place) as passing:
        drain(passing)
    assert place.keys() == keys(database)[20:]


def test_an_emptied_stream_and_a_bridge_killed_before_it_noted(database: Database, place: Place) -> None:
    add_tracks(database, 0, 20)
    with bridge(database, place) as passing:
        drain(passing)
    add_tracks(database, 20, 25)
    with closing(place.target()) as target:
        entries = StreamReader(database).entries(after=20, limit=5)
        target.append(entries, target.tip())
    place.empty()
    add_tracks(database, 25, 30)
    with bridge(database, place) as passing:
        drain(passing)
    assert place.keys() == keys(database)[25:]


def test_a_stream_of_another_store_is_refused(database: Database, place: Place, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with closing(new_collection(tmp_path / "other")) as other:
        add_tracks(other, 0, 10, epoch="other")
        with bridge(other, place) as passing:
            drain(passing)
    add_tracks(database, 0, 5)
    with bridge(database, place) as passing, pytest.raises(ValueError, match="expected a stream of this store"):
        passing.step()
    add_tracks(database, 5, 20)
    with bridge(database, place) as passing, pytest.raises(ValueError, match="name another stream"):
        passing.step()
    assert len(place.keys()) == 10


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_server_that_is_killed_and_one_that_is_away(database: Database, place: Place) -> None:
    stop = threading.Event()
    add_tracks(database, 0, 50)
    with closing(new_collection(Path(database.name).parent)) as own, bridge(own, place) as passing:
        thread = threading.Thread(target=passing.run, args=(stop.wait,))
        thread.start()
        try:
            for start in (50, 1050, 2050):
                place.server.kill()
                add_tracks(database, start, start + 500)
                _wait_for_error(database)
                place.server.start()
                add_tracks(database, start + 500, start + 1000)
                _wait_for_all(database)
        finally:
            stop.set()
            thread.join()
    assert place.keys() == keys(database)


def _wait_for_error(database: Database) -> None:
    until(lambda: any(state.error for state in StreamReader(database).bridges()), seconds=30)


def _wait_for_all(database: Database) -> None:
    until(lambda: all(not (state.error or state.behind) for state in StreamReader(database).bridges()), seconds=30)


def test_a_wrong_password_is_told_without_it(
    database: Database, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    add_tracks(database, 0, 5)
    calls = iter([False, False, True])
    with bridge(database, place, password="a-wrong-password") as passing:
        passing.run(lambda _: next(calls))
    assert "takes nothing, and is tried again" in caplog.text
    assert "a-wrong-password" not in caplog.text
    [state] = StreamReader(database).bridges()
    assert state.error
    assert state.number == 0


def restart(place: Place, most: int) -> None:
    """The server takes at most so many bytes from now on."""
    place.server.kill()
    place.server.allow(most)
    place.server.start()


def add_large(database: Database, seq: int, size: int) -> str:
    """A sample whose JSON has about so many bytes; returns its key."""
    event = sample(seq, epoch="e1", crop=bytes(size * 3 // 4), template=b"12")
    add(database, [event])
    return keys(database)[-1]


def test_an_entry_that_is_too_large_is_left_out_and_told_once(
    database: Database, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    restart(place, MEGABYTE)
    add_tracks(database, 0, 3)
    large = add_large(database, 0, 2 * MEGABYTE)
    small = add_large(database, 1, MEGABYTE // 2)
    add_tracks(database, 3, 6)
    expected = [key for key in keys(database) if key != large]
    for _ in range(2):
        with bridge(database, place) as passing:
            drain(passing)
    assert place.keys() == expected
    assert small in expected
    assert large in keys(database)
    assert caplog.text.count("is left out: expected at most 1,048,576 bytes (") == 1
    assert "entry 4 (node node, v1/sample/door/0)" in caplog.text
    [one] = StreamReader(database).skipped(limit=9)
    assert (one.number, one.node, one.topic, one.seq, one.most) == (4, "node", "v1/sample/door/", 0, MEGABYTE)
    assert one.size > 2 * MEGABYTE
    assert one.setting in caplog.text
    [state] = StreamReader(database).bridges()
    assert (state.number, state.behind, state.error, state.skipped) == (8, 0, "", 1)


@pytest.mark.parametrize("last", [True, False], ids=["behind the tip", "before it"])
def test_a_left_out_entry_is_counted_where_the_other_system_forgot_its_entries(
    database: Database, place: Place, last: bool
) -> None:
    restart(place, MEGABYTE)
    add_tracks(database, 0, 3)
    add_large(database, 0, 2 * MEGABYTE)
    add_tracks(database, 3, 3 if last else 5)
    with bridge(database, place) as passing:
        drain(passing)
    place.empty()
    add_tracks(database, 10, 12)
    with bridge(database, place) as passing:
        drain(passing)
    assert place.keys() == keys(database)[-2:]


def test_a_left_out_entry_is_not_counted_by_a_bridge_killed_before_it_noted(database: Database, place: Place) -> None:
    restart(place, MEGABYTE)
    add_tracks(database, 0, 3)
    add_large(database, 0, 2 * MEGABYTE)
    add_tracks(database, 3, 5)
    with bridge(database, place) as passing:
        drain(passing)
    database.change("UPDATE bridges SET number = 3, place = 3")
    place.empty()
    add_tracks(database, 10, 12)
    with bridge(database, place) as passing:
        drain(passing)
    assert place.keys() == keys(database)[-2:]


def test_what_was_left_out_stays_so_when_the_server_takes_more(database: Database, place: Place) -> None:
    """Its place in the order has passed; only a stream that begins anew could have it."""
    restart(place, MEGABYTE)
    large = add_large(database, 0, 2 * MEGABYTE)
    add_tracks(database, 0, 2)
    with bridge(database, place) as passing:
        drain(passing)
    restart(place, 8 * MEGABYTE)
    second = add_large(database, 1, 2 * MEGABYTE)
    with bridge(database, place) as passing:
        drain(passing)
    assert place.keys() == [key for key in keys(database) if key != large]
    assert second in place.keys()


def test_a_left_out_entry_that_is_deleted_is_no_loss(
    database: Database, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    restart(place, MEGABYTE)
    add_tracks(database, 0, 2)
    add_large(database, 0, 2 * MEGABYTE)
    with bridge(database, place) as passing:
        drain(passing)
    StreamRetention(database, days=0, megabytes=100, bridges=[place.target().name], clock=lambda: 1e12).step()
    assert StreamReader(database).pruned() == 3
    add_tracks(database, 2, 4)
    with bridge(database, place) as passing:
        drain(passing)
    assert place.keys()[2:] == keys(database)
    assert "no longer kept" not in caplog.text
    assert StreamReader(database).skipped(limit=9) == []


def test_many_large_entries_are_sent_in_parts(database: Database, place: Place) -> None:
    restart(place, 8 * MEGABYTE)
    for seq in range(12):
        add_large(database, seq, 3 * MEGABYTE // 2)
    counts = []
    with bridge(database, place) as passing:
        while count := passing.step():
            counts.append(count)
    assert len(counts) > 1
    assert max(counts) < 12
    assert place.keys() == keys(database)
