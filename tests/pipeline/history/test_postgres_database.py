"""A history in PostgreSQL is made, recognised and refused; its errors never show the password."""

import sys

import psycopg
import pytest

from configs.postgres.address import is_postgres
from pipeline.history.database import Database, open_database
from pipeline.history.schema import VERSION
from tests.synthetic.histories import ask, open_writer
from tests.synthetic.postgres import PostgresServer
from tests.synthetic.visits import visit


def run(address: str, statement: str) -> None:
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(statement.encode())


def test_an_address_is_told_from_a_file() -> None:
    assert is_postgres("postgresql://h/d")
    assert is_postgres("postgres://h/d")
    assert not is_postgres("postgresql")


def test_a_reader_makes_nothing_and_changes_nothing(postgres: PostgresServer) -> None:
    address = postgres.new_database()
    with pytest.raises(FileNotFoundError, match="glimpse history record makes it"):
        open_database(address)
    open_writer(address).close()
    with open_database(address) as database, pytest.raises(ValueError, match="read-only transaction"):
        database.change("DELETE FROM tracks")


def test_another_database_and_a_later_version_are_refused(postgres: PostgresServer) -> None:
    address = postgres.new_database()
    run(address, "CREATE TABLE orders (id int)")
    for create in (False, True):
        with pytest.raises(ValueError, match="expected a Glimpse history or an empty database"):
            open_database(address, create=create)
    later = postgres.new_database()
    open_writer(later).close()
    for version, create, message in (
        (VERSION + 1, True, f"expected schema {VERSION} or less, got {VERSION + 1}; update Glimpse"),
        (VERSION - 1, False, "glimpse history record updates it"),
    ):
        run(later, f"UPDATE glimpse_history SET version = {version}")
        with pytest.raises(ValueError, match=message):
            open_database(later, create=create)


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("postgresql://ada:sesame@/none?host={folder}", OSError),
        ("postgresql://ada:sesame@127.0.0.1:1/none", OSError),
        ("postgresql://ada:sesame@/none?host={folder}&colour=sesame", ValueError),
        ("postgresql://ada:ses@ame@127.0.0.1/none", ValueError),
    ],
)
def test_no_error_shows_the_password(place: str, kind: type[Exception], postgres: PostgresServer) -> None:
    with pytest.raises(kind, match="history") as caught:
        open_database(place.format(folder=postgres.folder))
    assert "sesame" not in str(caught.value)
    assert "ame@" not in str(caught.value)


def test_without_psycopg_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ValueError, match=r"pip install '\.\[room\]'"):
        open_database("postgresql://127.0.0.1/none")


def test_a_writer_that_waits_too_long_says_so(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.history.postgres_database.BUSY_SECONDS", 0.1)
    address = postgres.new_database()
    with open_writer(address) as first, open_writer(address) as second:
        with first.database.writing(), pytest.raises(OSError, match=r"in use .*lock timeout"):
            second.add(visit(), None)
        second.add(visit(), None)  # and goes on afterwards
    assert ask(address, "SELECT count(*) FROM events") == [(5,)]


def test_a_page_outlives_a_transaction_and_an_error_rolls_back(postgres: PostgresServer) -> None:
    with open_writer(postgres.new_database()) as history:
        history.add(visit(), None)
        database, seen = history.database, 0
        for page in database.pages("SELECT id FROM events ORDER BY id", size=2):
            with database.writing():
                seen += database.change("DELETE FROM events WHERE id = ?", page[0])
        with pytest.raises(ValueError, match="does not exist"):
            delete_too_much(database)
        assert (seen, database.rows("SELECT count(*) FROM events")) == (3, [(2,)])


def delete_too_much(database: Database) -> None:
    with database.writing():
        database.change("DELETE FROM events")
        database.change("DELETE FROM nothing")
