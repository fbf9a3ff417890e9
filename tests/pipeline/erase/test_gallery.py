"""The gallery as a store of people."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from pipeline.erase.gallery import GalleryStore
from pipeline.erase.person import Person
from pipeline.erase.store import IncompleteError
from recognizer.gallery.store import Face, Gallery

STORE = GalleryStore()
VECTORS = np.eye(2, 64, dtype=np.float32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with Gallery(tmp_path / "people.db", create=True) as gallery:
        for number, name in enumerate(("Ada", "Ben")):
            gallery.add(name, Face(VECTORS[number], "a.jpg", name, chip=bytes([number + 1]) * 90), model_id="m")
    return tmp_path / "people.db"


def test_people_and_traces_are_those_of_the_file(path: Path) -> None:
    assert STORE.recognises(path)
    assert sorted(STORE.people(path)) == ["Ada", "Ben"]
    assert list(STORE.traces(path, Person("Ada"))) == [VECTORS[0].tobytes(), b"\x01" * 90]
    assert list(STORE.traces(path, Person("Eve"))) == []


def test_an_erased_person_is_gone_and_a_second_time_changes_nothing(path: Path) -> None:
    assert STORE.erase(path, Person("Ada")) == "1 faces erased and overwritten"
    assert STORE.erase(path, Person("Ada")) == ""
    data = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert VECTORS[0].tobytes() not in data
    assert VECTORS[1].tobytes() in data


def test_a_gallery_in_use_says_what_to_do(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recognizer.gallery.sqlite_database.BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM faces").fetchall()
        for reason in ("no longer enrolled, run this again", "bytes of an earlier erasure may be left"):
            with pytest.raises(IncompleteError, match=reason):
                STORE.erase(path, Person("Ada"))
        reader.execute("COMMIT")
    assert STORE.erase(path, Person("Ada")) == ""


def test_other_files_are_no_gallery(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("Ada")
    assert not STORE.recognises(tmp_path / "notes")
