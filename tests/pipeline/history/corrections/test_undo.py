"""Undo where the world went on: somebody else has the name, or what is kept of the correction is damaged."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.history.corrections.correction import Corrected, Desk
from pipeline.history.corrections.merge_people import merge_people
from pipeline.history.corrections.rename import rename
from pipeline.history.corrections.this_is import this_is
from pipeline.history.corrections.this_is_not import this_is_not
from pipeline.history.corrections.undo import undo
from recognizer.gallery.store import Face, Gallery
from tests.synthetic.corrections import ADA, BOB, STRANGER, dump, make_site, open_desk

Correct = Callable[[Desk], Corrected]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return make_site(tmp_path)


def enrol(site: Path, name: str) -> None:
    with Gallery(site / "people.db") as gallery:
        gallery.add(name, Face(np.eye(4, dtype=np.float32)[3], "x.jpg", f"digest of {name}"), model_id="m")


@pytest.mark.parametrize("name", ["Bob", "BOB"])
@pytest.mark.parametrize(
    "correct", [lambda desk: rename(desk, "Bob", "Cleo"), lambda desk: merge_people(desk, "Bob", "Ada")]
)
def test_a_name_that_somebody_else_has_since_is_not_given_back(site: Path, correct: Correct, name: str) -> None:
    """Otherwise the pasts of two people become one, and nothing tells them apart again."""
    with open_desk(site) as desk:
        made = correct(desk)
        enrol(site, name)
        before = dump(site)
        with pytest.raises(ValueError, match=f"entry {made.audit}: '{name}' was enrolled since"):
            undo(desk, made.audit)
        assert [entry.undone for entry in desk.log.entries()] == [False]
        assert dump(site) == before
        this_is(desk, STRANGER, "Zoe")


def test_somebody_who_was_only_in_the_past_gets_the_name_back_though_enrolled_since(site: Path) -> None:
    with open_desk(site) as desk:
        this_is(desk, STRANGER, "Zoe")
        made = merge_people(desk, "Zoe", "Ada")
        enrol(site, "Zoe")
        undo(desk, made.audit)
        assert desk.database.rows("SELECT person FROM tracks WHERE id = ?", (STRANGER,)) == [("Zoe",)]


@pytest.mark.parametrize("text", ["{", "[]", '{"type": "burn"}', '{"type": "rename", "name": 7}', "\ud83d"])
def test_a_damaged_entry_is_not_undone(site: Path, text: str) -> None:
    with open_desk(site) as desk:
        made = rename(desk, "Ada", "Cleo")
        before = dump(site)
        desk.database.change("UPDATE audit SET undo = ?", (text.encode("utf-8", "replace").decode(),))
        with pytest.raises(ValueError, match="audit log: what is kept of a correction is damaged"):
            undo(desk, made.audit)
        assert dump(site) == before


def test_the_name_and_the_crop_of_a_track_that_is_gone_are_left_alone(site: Path) -> None:
    with open_desk(site) as desk:
        this_is_not(desk, STRANGER, "Bob")
        made = merge_people(desk, "Bob", "Ada")
        for table, key in (("verdicts", "track"), ("crops", "track"), ("templates", "track"), ("tracks", "id")):
            desk.database.change(f"DELETE FROM {table} WHERE {key} = ?", (STRANGER,))
        undo(desk, made.audit)
        assert desk.database.rows("SELECT id, person FROM tracks ORDER BY id") == [(ADA, "Ada"), (BOB, "Bob")]
        assert desk.database.rows("SELECT * FROM verdicts") == []


@pytest.mark.parametrize("number", [0, -1, 2**62])
def test_no_such_entry(site: Path, number: int) -> None:
    with open_desk(site) as desk, pytest.raises(ValueError, match="no such entry"):
        undo(desk, number)
