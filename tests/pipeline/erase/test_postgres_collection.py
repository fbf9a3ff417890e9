"""The one stream in PostgreSQL loses a name while a collector writes it, and keeps its entries and numbers."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from configs.at_rest import VARIABLE, new_key
from pipeline.collect.database import open_collection
from pipeline.collect.reader import StreamReader
from pipeline.collect.retention import StreamRetention
from pipeline.erase.__main__ import main
from pipeline.erase.databases import stores_at
from pipeline.erase.disclosure import disclose_person
from pipeline.erase.person import Person
from pipeline.erase.postgres_collection import PostgresCollection
from pipeline.history.database import Database
from pipeline.history.database import open_database as open_history
from tests.synthetic.collection import add, keys
from tests.synthetic.events import identity, sample
from tests.synthetic.postgres import PostgresServer

GRACE = Person("Grace")
TEMPLATE, CROP = bytes(range(64, 128)), bytes(range(100, 200))


@pytest.fixture
def address(postgres: PostgresServer) -> str:
    """An empty database; the server asks for no password, so any is right."""
    return postgres.new_database().replace("postgres@", "postgres:sesame@", 1)


@pytest.fixture
def collector(address: str) -> Iterator[Database]:
    """A collection as the collector that writes it has it open."""
    with closing(open_collection(address, create=True)) as database:
        yield database


def fill(database: Database) -> None:
    theirs = sample(0, person="Grace", template=TEMPLATE, crop=CROP)
    add(database, [identity(0, person="Grace"), identity(1, person="Ada", number=2), theirs])


def bodies(database: Database) -> bytes:
    return b"\n".join(entry.body for entry in StreamReader(database).entries(after=0, limit=99))


def raw(address: str) -> bytes:
    """Every column of every row of the events, as text."""
    with psycopg.connect(address) as server:
        return b"\n".join(str(row).encode() for row in server.execute("SELECT * FROM events"))


@pytest.mark.parametrize("is_sealed", [False, True])
def test_a_collector_that_writes_is_not_disturbed(
    address: str, monkeypatch: pytest.MonkeyPatch, is_sealed: bool, request: pytest.FixtureRequest
) -> None:
    if is_sealed:
        monkeypatch.setenv(VARIABLE, new_key())
    collector: Database = request.getfixturevalue("collector")
    fill(collector)
    before = keys(collector)
    [store] = stores_at(address)
    assert set(store.people(Path())) == {"Grace", "Ada"}
    assert store.erase(Path(), GRACE) == "name overwritten in 2 events, 1 templates and crops overwritten"
    assert keys(collector) == before
    assert b"Grace" not in bodies(collector)
    assert b'"person":"Ada"' in bodies(collector)
    assert add(collector, [identity(2, person="Ada")]) == 1
    assert StreamRetention(collector, days=1, megabytes=1).step() is False
    size = collector.rows("SELECT value, (SELECT sum(length(body)) FROM events) FROM figures WHERE name = 'bytes'")
    assert len(set(size[0])) == 1
    assert store.erase(Path(), GRACE) == ""


def test_the_command_erases_and_searches_every_column(
    address: str, collector: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(collector)
    assert b"Grace" in raw(address) or b"4772616365" in raw(address)
    assert main(["Grace", str(tmp_path), address]) == 0
    said = capsys.readouterr().out
    assert "name overwritten in 2 events, 1 templates and crops overwritten" in said
    assert "nothing is left" in said
    assert "sesame" not in said
    assert main(["Grace", str(tmp_path), address]) == 0
    assert "No store knows Grace" in capsys.readouterr().out


def test_what_is_left_is_found_by_the_search(
    address: str,
    collector: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fill(collector)
    monkeypatch.setattr(PostgresCollection, "erase", lambda *_: "erased, it says")
    assert main(["Grace", str(tmp_path), address]) == 1
    assert "still holds the name and a face" in capsys.readouterr().out


def test_the_old_bytes_are_gone_from_the_tables(address: str, collector: Database, postgres: PostgresServer) -> None:
    fill(collector)
    collector.change("CHECKPOINT")
    assert b"Grace" in _files(address, postgres)
    stores_at(address)[0].erase(Path(), GRACE)
    collector.change("CHECKPOINT")
    assert b"Grace" not in _files(address, postgres)


def _files(address: str, server: PostgresServer) -> bytes:
    with psycopg.connect(address) as database:
        rows = database.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchall()
    folder = server.folder / "data" / "base" / str(rows[0][0])
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_what_it_holds_is_handed_over(address: str, collector: Database) -> None:
    fill(collector)
    [found] = disclose_person("Grace", [], databases=stores_at(address)).found
    assert found.kind == "collection"
    assert "sesame" not in found.name
    assert len(found.records) == 2
    assert set(found.faces) == {TEMPLATE, CROP}
    assert not any(b"Ada" in record for record in found.records)


def test_a_server_without_the_right_to_change_is_told(
    address: str, collector: Database, postgres: PostgresServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(collector)
    collector.change("CREATE ROLE reader_of_collection LOGIN")
    collector.change("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader_of_collection")
    try:
        limited = address.replace("postgres:sesame@", "reader_of_collection@", 1)
        assert main(["Grace", str(tmp_path), limited]) == 1
        assert "still holds the name" in capsys.readouterr().out
    finally:
        collector.change("DROP OWNED BY reader_of_collection")
        collector.change("DROP ROLE reader_of_collection")


def test_a_history_is_none_and_an_empty_database_has_nothing(postgres: PostgresServer) -> None:
    place = postgres.new_database()
    with pytest.raises(FileNotFoundError):
        stores_at(place)
    open_history(place, create=True).close()
    assert [store.kind for store in stores_at(place)] == ["history"]
    with pytest.raises(ValueError, match="expected a collection of events"):
        PostgresCollection(place)
