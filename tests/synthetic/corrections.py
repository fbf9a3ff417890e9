"""A history of three tracks with a gallery beside it, and all that corrections may change in both."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from glimpse.history_gallery import GalleryOfHistory
from pipeline.history.corrections.correction import Desk
from pipeline.history.database import open_database
from pipeline.history.store import HistoryWriter
from recognizer.gallery.enroll import Enroller
from recognizer.gallery.store import Face, Gallery
from tests.synthetic.visits import visit

ADA, BOB, STRANGER = 1, 2, 3  # tracks, by what their evidence says
NOW = 2000.0
TABLES = (
    "SELECT id, state, person, evidence_state, evidence_person, score, best_state FROM tracks ORDER BY id",
    "SELECT * FROM verdicts ORDER BY track, person",
    "SELECT id, person FROM groups ORDER BY id",
    "SELECT track, named FROM crops ORDER BY track",
    "SELECT track, named FROM templates ORDER BY track",
)


def no_enroller() -> Enroller:
    raise AssertionError("nobody is enrolled in this test")


def make_site(folder: Path) -> Path:
    """Make history.db and people.db, in which Ada and Bob are enrolled; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with closing(HistoryWriter(folder / "history.db", unknowns=True, clock=lambda: 1500.0)) as history:
        for number, person in ((ADA, "Ada"), (BOB, "Bob"), (STRANGER, None)):
            vector = np.roll(np.array([0.6, 0.8, 0, 0], "<f2"), number)
            history.add(visit(person, number=number, first_seq=10 * number, template=vector.tobytes()), None)
        for row in history.database.rows("SELECT number, id FROM tracks ORDER BY id"):
            for table, key in (("crops", "track"), ("templates", "track"), ("events", "track"), ("tracks", "id")):
                history.database.change(f"UPDATE {table} SET {key} = ? WHERE {key} = ?", row)
        group = "INSERT INTO groups (first_seen, last_seen, tracks, person, made_at) VALUES (1, 2, 3, ?, 4)"
        history.database.change(group, ("Ada",))
    with Gallery(folder / "people.db", create=True) as gallery:
        for number, name in enumerate(("Ada", "Ada", "Bob")):
            vector = np.eye(4, dtype=np.float32)[number]
            gallery.add(name, Face(vector, f"{number}.jpg", f"digest{number}"), model_id="m")
    return folder


@contextmanager
def open_desk(folder: Path, *, by: str = "eve", now: float = NOW, people: Any = None) -> Iterator[Desk]:
    """A desk over both files. people: in the place of the gallery."""
    gallery = people or GalleryOfHistory(folder / "people.db", no_enroller)
    with open_database(folder / "history.db", create=True) as database:
        yield Desk(database, gallery, by, clock=lambda: now)


def dump(folder: Path) -> tuple[Any, ...]:
    """What both files say of people, without the audit log."""
    with closing(sqlite3.connect(folder / "history.db")) as database:
        tables = [database.execute(query).fetchall() for query in TABLES]
        tables.append(database.execute("SELECT id FROM gallery_work").fetchall())
    with Gallery(folder / "people.db") as gallery:
        people = {person.name: gallery.digests(person.name) for person in gallery.people()}
        negatives = sorted((name, one.source, one.vector.tobytes()) for name, one in gallery.negatives())
    return (*tables, people, negatives)
