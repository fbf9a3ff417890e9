"""What a gallery remembers of what its users were told."""

import sqlite3
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from recognizer.gallery.database import Place
from recognizer.gallery.face import Face
from recognizer.gallery.notices import tell_once
from recognizer.gallery.store import Gallery

P = TypeVar("P", bound=Place)
VECTOR = np.eye(4, dtype=np.float32)[0]


def make_gallery(place: P, *, people: int = 1) -> P:
    with Gallery(place, create=True) as gallery:
        for number in range(people):
            face = Face(
                VECTOR, source=f"{number}.png", sha256=f"{number:064x}", detector="d", face_px=90.0, quality=1.0
            )
            gallery.add(f"Person {number}", face, model_id="model")
    return place


def test_it_is_told_once(place: Place) -> None:
    make_gallery(place)
    assert [tell_once(place, "law") for _ in range(3)] == [True, False, False]
    assert tell_once(place, "something else")


def test_nothing_is_told_before_somebody_is_enrolled(tmp_path: Path) -> None:
    gallery = make_gallery(tmp_path / "people.db", people=0)
    assert not tell_once(gallery, "law")
    make_gallery(gallery)
    assert tell_once(gallery, "law")


def test_people_and_revision_stay_as_they_are(tmp_path: Path) -> None:
    path = make_gallery(tmp_path / "people.db", people=2)
    with Gallery(path) as gallery:
        before = (gallery.version(), gallery.people())
    tell_once(path, "law", clock=lambda: 5.0)
    with Gallery(path) as gallery:
        assert (gallery.version(), gallery.people()) == before
        gallery.erase("Person 0")
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT name, at FROM notices").fetchall() == [("law", 5.0)]


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_file_of_an_older_version_keeps_its_version(tmp_path: Path, version: int) -> None:
    path = make_gallery(tmp_path / "people.db")
    with sqlite3.connect(path) as file:
        file.execute(f"PRAGMA user_version = {version}")
    assert tell_once(path, "law")
    with sqlite3.connect(path) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (version,)


def test_a_read_only_gallery_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may write everywhere, so the file is opened as on a read-only volume."""
    path = make_gallery(tmp_path / "people.db")
    original = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda place, **how: original(f"{place.partition('?')[0]}?mode=ro", **how))
    assert [tell_once(path, "law") for _ in range(2)] == [True, True]


@pytest.mark.parametrize("content", [None, b"", b"no database at all"])
def test_what_cannot_be_read_is_left_to_those_who_report_it(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "people.db"
    if content is not None:
        path.write_bytes(content)
    assert not tell_once(path, "law")
