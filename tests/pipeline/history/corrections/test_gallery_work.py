"""Work that the gallery will never do is said and left out; work that it cannot do now is kept."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from configs.at_rest import VARIABLE, KeyNeededError, new_key
from pipeline.history.corrections.correction import Desk
from pipeline.history.corrections.gallery_work import Mark, Merge, Rename, Split, Unmark, finish_work, queue_work
from pipeline.history.corrections.merge_people import merge_people
from pipeline.history.corrections.rename import rename
from pipeline.history.corrections.this_is import this_is
from pipeline.history.corrections.this_is_not import this_is_not
from recognizer.gallery.store import Face, Gallery
from tests.synthetic.corrections import ADA, BOB, STRANGER, dump, make_site, open_desk

TEMPLATES = [
    np.array([0.6, 0.8], "<f2").tobytes(),
    b"\1\2\3",
    np.zeros(4, "<f2").tobytes(),
    np.full(4, np.nan, "<f2").tobytes(),
    np.full(4, np.inf, "<f2").tobytes(),
    bytes(100_000),
]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return make_site(tmp_path)


def work_left(desk: Desk) -> int:
    return len(desk.database.rows("SELECT id FROM gallery_work"))


def enrol(site: Path, name: str) -> None:
    with Gallery(site / "people.db") as gallery:
        gallery.add(name, Face(np.eye(4, dtype=np.float32)[3], "x.jpg", f"digest of {name}"), model_id="m")


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_damaged_template_is_no_negative_and_stops_no_later_correction(site: Path, template: bytes) -> None:
    with open_desk(site) as desk:
        desk.database.change("UPDATE templates SET data = ? WHERE track = ?", (template, ADA))
        [note] = this_is_not(desk, ADA, "Ada").notes
        assert note.startswith("not done in the gallery: ")
        assert work_left(desk) == 0
        assert this_is_not(desk, BOB, "Bob").notes == []
    assert [name for name, *_ in dump(site)[-1]] == ["Bob"]


@pytest.mark.parametrize("body", [b"", b"{", b'{"type": "Burn"}', b"\xff" * 50, b'{"type":"Unmark","person":1}'])
def test_damaged_work_is_said_and_what_waits_behind_it_is_done(site: Path, body: bytes) -> None:
    with open_desk(site) as desk:
        desk.database.change("INSERT INTO gallery_work (body) VALUES (?)", (body,))
        queue_work(desk.database, Rename("Bob", "Robert"))
        note, _ = this_is(desk, STRANGER, "Zoe").notes
        assert "what was written down for it is damaged" in note
        assert work_left(desk) == 0
    assert sorted(dump(site)[-2]) == ["Ada", "Robert"]


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (Rename("Bob", "ADA"), "the names differ only by case"),
        (Rename("Bob", ""), "expected a name"),
        (Rename("Bob", "Ada"), "the gallery still has Bob too"),
        (Rename("Zoe", "Cleo"), ""),
        (Merge("Bob", "Ad\u200ba"), "invisible"),
        (Split("Bea", "Ada", ("digest0",), ()), "the names differ only by case"),
        (Mark("Zoe", "track", "m", b""), "only the past is corrected"),
        (Unmark("Zoe", "track"), ""),
    ],
)
def test_what_the_gallery_refuses_is_said_once(site: Path, work: Rename | Merge | Split | Mark, said: str) -> None:
    if isinstance(work, Split):
        enrol(site, "BEA")
    before = dump(site)
    with open_desk(site) as desk:
        queue_work(desk.database, work)
        assert [said in note for note in finish_work(desk.database, desk.people)] == [True] * bool(said)
        assert work_left(desk) == 0
    assert dump(site) == before


CORRECTIONS: list[Callable[[Desk], object]] = [
    lambda desk: this_is_not(desk, ADA, "Ada"),
    lambda desk: rename(desk, "Ada", "Cleo"),
    lambda desk: merge_people(desk, "Bob", "Ada"),
]


@pytest.mark.parametrize("correct", CORRECTIONS)
def test_work_of_a_gallery_in_use_waits(
    site: Path, correct: Callable[[Desk], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recognizer.gallery.sqlite_database.BUSY_SECONDS", 0.0)
    with open_desk(site) as desk:
        with closing(sqlite3.connect(site / "people.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(ValueError, match="database is locked"):
                correct(desk)
            assert work_left(desk) == 1
        this_is(desk, STRANGER, "Zoe")
        assert work_left(desk) == 0


def test_sealed_work_waits_for_its_key(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, new_key())
    with open_desk(site) as desk:
        queue_work(desk.database, Rename("Ada", "Cleo"))
    monkeypatch.setenv(VARIABLE, new_key())
    with open_desk(site) as desk:
        with pytest.raises(KeyNeededError, match="another key"):
            this_is(desk, STRANGER, "Zoe")
        assert work_left(desk) == 1
