"""Each item is kept once, whenever the process is killed, and tracks are right in whatever order events come."""

import itertools
import os
import random
import signal
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pipeline.bus.position import Item, Position
from pipeline.bus.reorder import Gap
from pipeline.erase.history import HistoryStore
from pipeline.erase.person import Person
from pipeline.events import topic
from pipeline.history.reader import HistoryReader
from pipeline.history.schema import APPLICATION_ID, MIGRATIONS, VERSION
from pipeline.history.store import HistoryWriter
from tests.synthetic.events import camera, health, sample, track
from tests.synthetic.histories import Location, Tables, dump, open_writer, read, write
from tests.synthetic.history_places import NewPlace
from tests.synthetic.small_disk import small_disk
from tests.synthetic.visits import renamed, visit


def test_a_track_is_told_from_its_events(place: Location) -> None:
    write(place, *visit(), camera(0), health(0))
    [row] = read(place)
    assert (row.camera, row.track, row.first_seen, row.last_seen, row.ended) == ("door", 1, 1000, 1003, "lost")
    assert (row.state, row.person, row.score, row.best_state, row.face_px) == ("named", "Ada", 0.61, "named", 40)
    assert (row.node, row.epoch) == ("node", "e1")
    with HistoryReader(place) as reader:
        assert [event.seq for event in reader.events(row.id)] == [0, 0, 1, 0, 2]
        assert reader.crop(row.id) == b"\xff\xd8 a small picture"
        assert reader.nodes() == ["node"]


def test_a_file_and_its_folder_belong_to_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "h.db"
    write(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("seed", range(8))
def test_the_order_of_topics_and_repetitions_change_nothing(seed: int, new_place: NewPlace) -> None:
    """There is no order between topics, and a replay may bring again what was kept."""
    events = [*visit(), *visit("Bob", number=2, first_seq=10)]
    write(new_place("a"), *events)
    queues = {name: [event for event in events if topic(event) == name] for name in map(topic, events)}
    mixed, dice = [], random.Random(seed)
    while any(queues.values()):
        mixed.append(queues[dice.choice([name for name, queue in queues.items() if queue])].pop(0))
    write(new_place("b"), *mixed, *mixed)
    assert without_order(dump(new_place("a"))) == without_order(dump(new_place("b")))


def without_order(tables: Tables) -> list[list[Any]]:
    """Without ids, which follow the order, and the last sight, which a sample that comes first may put later."""
    tracks = sorted((row[2:5], row[6:]) for row in tables["tracks"])
    events = sorted((row[2], row[3], row[7]) for row in tables["events"])
    samples = (sorted(row[1:] for row in tables[name]) for name in ("crops", "templates"))
    return [tracks, events, *samples, tables["usage"]]


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_kill_between_any_two_statements_loses_and_doubles_nothing(new_place: NewPlace) -> None:
    begin, named, _, look, end = visit()
    batches = [[begin, Gap("v1/track/yard/", "e1", 3, 5), named], [look, end, camera(0)]]
    feed(new_place("whole"), batches)
    wanted = without_ids(dump(new_place("whole")))
    statements: list[str] = []
    feed(new_place("count"), batches, statements.append)
    for number, statement in enumerate(statements):
        place = new_place(str(number))
        kill_at(place, batches, number)
        feed(place, batches)
        assert without_ids(dump(place)) == wanted, statement


def without_ids(tables: Tables) -> Tables:
    """Without the numbers of rows: PostgreSQL gives none twice, even where a transaction was rolled back."""
    events, tracks, epochs = ([row[1:] for row in tables[name]] for name in ("events", "tracks", "epochs"))
    numbers = {"events": [(*row[1:3], *row[4:]) for row in events], "tracks": [row[1:] for row in tracks]}
    return tables | numbers | {"epochs": epochs} | {name: [row[1:] for row in tables[name]] for name in BY_TRACK}


BY_TRACK = ("crops", "templates", "gaps")


def feed(place: Location, batches: list[list[Item]], on_statement: Callable[[str], object] | None = None) -> None:
    """What a client delivers from the stored position on. The position counts batches."""
    with open_writer(place, unknowns=True) as history:
        if on_statement:
            watch(history.database, on_statement)
        done = history.position.last_seq["batch"] if history.position else 0
        for number, batch in enumerate(batches[done:], done + 1):
            history.add(batch, Position("e1", {"batch": number}))


def watch(database: Any, on_statement: Callable[[str], object]) -> None:
    """Call `on_statement` before each statement."""
    if not database.is_shared:
        database._db.set_trace_callback(on_statement)
        return
    execute = database._execute
    database._execute = lambda query, values: (on_statement(query), execute(query, values))[1]


def kill_at(place: Location, batches: list[list[Item]], number: int) -> None:
    """Run `feed` in a process that kills itself before the statement of this number."""
    child = os.fork()
    if not child:
        left = itertools.count(number, -1)
        feed(place, batches, lambda text: next(left) or os.kill(os.getpid(), signal.SIGKILL))
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)


def test_without_unknowns_nothing_is_kept_of_what_strangers_look_like(new_place: NewPlace) -> None:
    write(new_place("h"), *visit(None), *visit("Ada", number=2, first_seq=10))
    tables = dump(new_place("h"))
    [ada] = [row for row in read(new_place("h")) if row.person == "Ada"]
    assert [row[0] for row in tables["crops"]] == [row[0] for row in tables["templates"]] == [ada.id]
    write(new_place("u"), *visit(None), unknowns=True)
    assert [row[:2] for row in dump(new_place("u"))["templates"]] == [(1, 0)]


def test_a_name_that_is_withdrawn_takes_template_and_crop_with_it(place: Location) -> None:
    write(place, *visit(), renamed(1, None, 1009.0))
    tables = dump(place)
    assert (tables["crops"], tables["templates"]) == ([], [])
    assert [row for row in tables["usage"] if row[0] != "events"] == [("crops", 0), ("templates", 0)]
    [row] = read(place)
    assert (row.state, row.best_state) == ("unknown", "named")


def test_samples_that_were_erased_or_are_no_unit_vectors_are_left_out(place: Location) -> None:
    samples = [(bytes(8), bytes(20)), (b"\x00\x7e" * 4, b""), (b"abc", b"")]  # zeros, not a number, an odd length
    items = [sample(seq, template=template, crop=crop) for seq, (template, crop) in enumerate(samples)]
    write(place, *items)
    tables = dump(place)
    assert (tables["crops"], tables["templates"]) == ([], [])


def test_a_full_disk_is_said_and_what_was_kept_stays_whole(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", kib=2048) as disk:
        path = disk.folder / "h.db"
        with HistoryWriter(path) as history:
            history.add(visit(), Position("e1", {"v1/track/door/": 2}))
            disk.fill()
            with pytest.raises(OSError, match=r"history .*h\.db: the disk is full or fails"):
                history.add([track(seq, track=2) for seq in range(10, 2000)], Position("e1", {"v1/track/door/": 1999}))
            assert history.position == Position("e1", {"v1/track/door/": 2})
            disk.make_room()
            history.add([track(10, track=2)], Position("e1", {"v1/track/door/": 10}))
        assert [row.track for row in read(path)] == [2, 1]


def test_what_was_erased_does_not_come_back_with_a_replay(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    write(path, *visit(), unknowns=True)
    assert HistoryStore().erase(path, Person("Ada")) == (
        "name taken from 1 tracks and 4 events, 2 templates and crops deleted"
    )
    before = dump(path)
    write(path, *visit(), unknowns=True)
    assert dump(path) == before
    assert before["templates"] == []
    assert b"Ada" not in path.read_bytes()


def test_events_of_another_node_are_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    write(path, *visit())
    before = dump(path)
    with pytest.raises(ValueError, match="expected events of node node, got yard; give each node its own file"):
        write(path, track(50, track=7), track(51, node="yard"))
    with pytest.raises(ValueError, match="expected events of node node, got yard; give each node its own file"):
        write(path, node="yard")
    assert dump(path) == before


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("PRAGMA application_id = 7", "expected a Glimpse history, got another file"),
        ("CREATE VIEW v AS SELECT 1", "views or triggers; do not trust it"),
        (f"PRAGMA user_version = {VERSION + 1}", f"expected schema {VERSION} or less, got {VERSION + 1}"),
    ],
)
def test_another_file_is_refused(statement: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    write(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(statement)
    for opening in (HistoryWriter, HistoryReader):
        with pytest.raises(ValueError, match=message):
            opening(path)


def test_so_are_noise_a_folder_and_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "noise.db").write_bytes(b"noise" * 1000)
    with pytest.raises(ValueError, match="not a history or damaged"):
        HistoryWriter(tmp_path / "noise.db")
    with pytest.raises(ValueError, match="expected a file, got a folder"):
        HistoryWriter(tmp_path)
    with pytest.raises(FileNotFoundError, match="glimpse history record makes one"):
        HistoryReader(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()


def test_an_older_schema_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "h.db"
    write(path, *visit())
    later = (*MIGRATIONS, ("ALTER TABLE tracks ADD COLUMN people_group INTEGER",))
    monkeypatch.setattr("pipeline.history.sqlite_database.MIGRATIONS", later)
    monkeypatch.setattr("pipeline.history.sqlite_database.VERSION", VERSION + 1)
    assert len(read(path)) == 1
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (VERSION + 1,)
        assert database.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert database.execute("SELECT person, people_group FROM tracks").fetchall() == [("Ada", None)]
