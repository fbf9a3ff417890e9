"""A store in a real PostgreSQL server comes back from its copy row by row."""

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from pipeline.backup.postgres_copy import copy_from_postgres, copy_to_postgres, version_at
from pipeline.collect.database import open_collection
from pipeline.history.database import open_database
from recognizer.gallery.notices import tell_once
from recognizer.gallery.store import Face, Gallery
from tests.synthetic.collection import add, add_tracks
from tests.synthetic.erasable_site import NAME, OTHER, chip, vector
from tests.synthetic.events import one_of_each
from tests.synthetic.histories import TABLES, dump, write
from tests.synthetic.postgres import PostgresServer


@pytest.fixture
def address(postgres: PostgresServer) -> str:
    return postgres.new_database()


def fill_gallery(place: str | Path) -> None:
    with Gallery(place, create=True) as gallery:
        for number, name in enumerate((NAME, OTHER, "Bob")):
            gallery.add(name, Face(vector(number), "a.jpg", f"sha{number}", chip=chip(number)), model_id="m")
        gallery.erase("Bob")


def people(place: str | Path) -> list[tuple[str, str, bytes | None, bytes]]:
    with Gallery(place) as gallery:
        return [(name, face.sha256, face.chip, face.vector.tobytes()) for name, face in gallery.faces()]


def test_a_gallery_goes_into_a_file_and_back(address: str, postgres: PostgresServer, tmp_path: Path) -> None:
    fill_gallery(address)
    copy_from_postgres(address, "gallery", tmp_path / "g.db")
    assert people(tmp_path / "g.db") == people(address)
    assert (tmp_path / "g.db").stat().st_mode & 0o777 == 0o600
    other = postgres.new_database()
    copy_to_postgres(tmp_path / "g.db", "gallery", other, replace=False)
    assert people(other) == people(address)
    with Gallery(other) as gallery:  # numbers go on
        gallery.add("Cleo", Face(vector(7), "c.jpg", "sha7"), model_id="m")
        assert len(gallery.people()) == 3


def test_a_history_goes_into_a_file_and_back(address: str, postgres: PostgresServer, tmp_path: Path) -> None:
    write(address, *one_of_each("Zoë"))
    copy_from_postgres(address, "history", tmp_path / "h.db")
    assert dump(tmp_path / "h.db") == dump(address)
    other = postgres.new_database()
    copy_to_postgres(tmp_path / "h.db", "history", other, replace=False)
    assert dump(other) == dump(address)
    assert set(TABLES) == set(dump(other))


def test_a_collection_goes_on_behind_its_last_number(address: str, postgres: PostgresServer, tmp_path: Path) -> None:
    with open_collection(address, create=True) as stream:
        add(stream, one_of_each())
        stream.change("DELETE FROM events WHERE id = (SELECT max(id) FROM events)")
        [(last,)] = stream.rows("SELECT last_value FROM events_id_seq")
    copy_from_postgres(address, "collection", tmp_path / "c.db")
    other = postgres.new_database()
    copy_to_postgres(tmp_path / "c.db", "collection", other, replace=False)
    for place in (str(tmp_path / "c.db"), other):
        with open_collection(place, create=True) as stream:
            add_tracks(stream, 100, 101)
            assert stream.rows("SELECT max(id) FROM events") == [(last + 1,)]


def test_what_a_file_has_beside_the_tables_of_a_gallery_stays_in_it(address: str, tmp_path: Path) -> None:
    fill_gallery(tmp_path / "g.db")
    assert tell_once(tmp_path / "g.db", "law")  # makes a table of its own
    copy_to_postgres(tmp_path / "g.db", "gallery", address, replace=False)
    assert people(address) == people(tmp_path / "g.db")


def test_nodes_with_a_copy_of_the_gallery_see_a_change(address: str, tmp_path: Path) -> None:
    fill_gallery(address)
    copy_from_postgres(address, "gallery", tmp_path / "g.db")
    with Gallery(address) as gallery:
        gallery.rename(OTHER, "Grace")
        gallery.rename("Grace", "Hope")
        before = gallery.version()
    copy_to_postgres(tmp_path / "g.db", "gallery", address, replace=True)
    with Gallery(address) as gallery:
        assert gallery.version() > before
    assert people(address) == people(tmp_path / "g.db")


def test_a_database_that_holds_something_is_replaced_only_when_asked(address: str, tmp_path: Path) -> None:
    fill_gallery(address)
    copy_from_postgres(address, "gallery", tmp_path / "g.db")
    with pytest.raises(FileExistsError, match="give --replace"):
        copy_to_postgres(tmp_path / "g.db", "gallery", address, replace=False)


def test_one_that_others_use_is_refused(address: str, tmp_path: Path) -> None:
    write(address, *one_of_each())
    copy_from_postgres(address, "history", tmp_path / "h.db")
    with open_database(address), pytest.raises(OSError, match="in use: 1 other connections"):
        copy_to_postgres(tmp_path / "h.db", "history", address, replace=True)


def test_a_failure_in_the_middle_leaves_the_database_as_it_was(address: str, tmp_path: Path) -> None:
    write(address, *one_of_each())
    before = dump(address)
    copy_from_postgres(address, "history", tmp_path / "h.db")
    with closing(sqlite3.connect(tmp_path / "h.db", isolation_level=None)) as copy:
        copy.execute("PRAGMA foreign_keys = OFF")
        copy.execute("UPDATE tracks SET first_seen = 'no number'")
    with pytest.raises((ValueError, psycopg.Error)):
        copy_to_postgres(tmp_path / "h.db", "history", address, replace=True)
    assert dump(address) == before


def test_what_is_not_there_is_said(address: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="glimpse enroll makes it"):
        copy_from_postgres(address, "gallery", tmp_path / "g.db")
    with pytest.raises(FileNotFoundError):
        version_at(address, "history")
    write(address, *one_of_each())
    assert version_at(address, "history") == 2
