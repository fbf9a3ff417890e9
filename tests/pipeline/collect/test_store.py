"""Each event enters the stream once, in order of arrival, in a file and in PostgreSQL."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from pipeline.bus.position import Position
from pipeline.bus.reorder import Gap
from pipeline.collect.database import open_collection
from pipeline.collect.reader import StreamReader
from pipeline.collect.store import Batch, StreamWriter, can_be_kept
from pipeline.history.database import Database
from tests.synthetic.collection import ADDRESS, add, add_tracks, keys
from tests.synthetic.events import camera, sample, track
from tests.synthetic.postgres import PostgresServer, postgres_server
from tests.synthetic.world import ROOT

DOOR = "node/e1/v1/track/door/"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["file", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "file":
        return str(tmp_path / "collection.db")
    server: PostgresServer = request.getfixturevalue("server")
    return server.new_database()


@pytest.fixture
def database(place: str) -> Iterator[Database]:
    with closing(open_collection(place, create=True)) as database:
        yield database


def test_numbers_grow_with_the_order_of_arrival(database: Database) -> None:
    add(database, [track(0), camera(0), track(1)])
    add(database, [track(0, node="other"), track(2)], address="tcp://other:5556")
    entries = StreamReader(database).entries(after=0, limit=100)
    assert [entry.key.rpartition("/")[0] + f"/{entry.seq}" for entry in entries] == keys(database)
    assert keys(database) == [
        f"{DOOR}0",
        "node/e1/v1/camera/door/0",
        f"{DOOR}1",
        "other/e1/v1/track/door/0",
        f"{DOOR}2",
    ]
    assert sorted(entry.number for entry in entries) == [entry.number for entry in entries]
    assert msgspec.json.decode(entries[0].body)["seq"] == 0


def test_what_comes_again_is_recognised_also_after_it_was_deleted(database: Database) -> None:
    assert add_tracks(database, 0, 10) == 10
    assert add_tracks(database, 0, 12) == 2
    database.change("DELETE FROM events")
    assert add_tracks(database, 0, 13) == 1
    assert add_tracks(database, 0, 3, epoch="e2") == 3
    assert keys(database) == [f"{DOOR}12", *(f"node/e2/v1/track/door/{seq}" for seq in range(3))]


def test_a_number_is_never_given_twice(database: Database) -> None:
    add_tracks(database, 0, 10)
    newest = StreamReader(database).newest()
    database.change("DELETE FROM events")
    add_tracks(database, 10, 11)
    assert StreamReader(database).newest() > newest


def test_a_clock_that_jumps_changes_no_order(database: Database) -> None:
    times = iter([1e9, 2e9, 5e8])
    writer = StreamWriter(database, clock=lambda: next(times))
    for seq, wall in enumerate((1e9, 3e9, 1.0)):
        writer.add({ADDRESS: Batch([track(seq, wall_time=wall)], None)})
    assert keys(database) == [f"{DOOR}{seq}" for seq in range(3)]


def test_position_and_events_are_one_transaction(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = StreamWriter(database)
    assert writer.position(ADDRESS) is None
    writer.add({ADDRESS: Batch([track(0)], Position("e1", {"v1/track/door/": 0}))})
    monkeypatch.setattr(writer, "_note_source", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        writer.add({ADDRESS: Batch([track(1)], Position("e1", {"v1/track/door/": 1}))})
    assert writer.position(ADDRESS) == Position("e1", {"v1/track/door/": 0})
    assert keys(database) == [f"{DOOR}0"]


def test_an_unsettled_batch_leaves_the_position(database: Database) -> None:
    add(database, [track(0)], Position("e1", {"v1/track/door/": 0}))
    add(database, [track(1)])
    assert StreamWriter(database).position(ADDRESS) == Position("e1", {"v1/track/door/": 0})


def test_two_writers_store_an_event_that_both_have_once(place: str) -> None:
    with closing(open_collection(place, create=True)) as one, closing(open_collection(place, create=True)) as other:
        for seq in range(0, 10, 2):
            add_tracks(one, seq, seq + 2)
            add_tracks(other, 0, seq + 1)
            add_tracks(other, seq, seq + 2)
        assert keys(one) == [f"{DOOR}{seq}" for seq in range(10)]


def test_what_is_lost_is_told(database: Database) -> None:
    gap = Gap("v1/track/door/", "e1", 3, 7)
    add(database, [gap, track(8)])
    add(database, [gap])
    [source] = StreamReader(database).sources()
    assert (source.address, source.node, source.lost) == (ADDRESS, "node", 5)


@pytest.mark.parametrize("name", ["a\0b", "x" * 500, "ä" * 300])
def test_a_name_that_no_database_takes_is_left_out(database: Database, name: str) -> None:
    assert not can_be_kept(track(0, camera=name))
    assert add(database, [track(0, camera=name), track(0)]) == 1


def test_hostile_names_stay_one_key_of_four_parts(database: Database) -> None:
    add(database, [track(0, node="a/b", epoch="x y", camera="c/d\n..*")])
    assert keys(database) == ["a%2Fb/x%20y/v1/track/c/d%0A..%2A/0"]


def test_faces_are_sealed_with_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from configs.at_rest import VARIABLE, new_key

    monkeypatch.setenv(VARIABLE, new_key())
    with closing(open_collection(str(tmp_path / "c.db"), create=True)) as database:
        add(database, [sample(0)])
        [entry] = StreamReader(database).entries(after=0, limit=9)
        [(stored,)] = database.rows("SELECT body FROM events")
    assert msgspec.json.decode(entry.body)["kind"] == "sample"
    assert b"template" not in stored


WRITER = """
import sys
from tests.synthetic.collection import add
from tests.synthetic.events import track
from pipeline.bus.position import Position
from pipeline.collect.database import open_collection
database = open_collection(sys.argv[1], create=True)
from pipeline.collect.store import StreamWriter
from tests.synthetic.collection import ADDRESS
position = StreamWriter(database).position(ADDRESS)
seq = position.last_seq["v1/track/door/"] + 1 if position else 0
while True:
    first = max(0, seq - 3)
    add(database, [track(first + n) for n in range(8)], Position("e1", {"v1/track/door/": first + 7}))
    seq = first + 8
    print(seq, flush=True)
"""


@pytest.mark.slow
def test_a_writer_that_is_killed_goes_on_where_it_was(place: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    for _ in range(4):
        command = [sys.executable, "-c", WRITER, place]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=environment) as writer:
            assert writer.stdout
            for _ in range(20):
                writer.stdout.readline()
            writer.send_signal(signal.SIGKILL)
    with closing(open_collection(place)) as database:
        found = keys(database)
    assert len(found) > 300
    assert found == [f"{DOOR}{seq}" for seq in range(len(found))]
