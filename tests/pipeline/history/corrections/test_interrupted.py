"""A process that is killed between history and gallery, and a gallery that cannot be written, are made good later."""

import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glimpse.history_gallery import GalleryOfHistory
from pipeline.history.corrections.correction import Desk
from pipeline.history.corrections.gallery_work import GalleryWork
from pipeline.history.corrections.merge_people import merge_people
from pipeline.history.corrections.rename import rename
from pipeline.history.corrections.this_is import this_is
from pipeline.history.corrections.this_is_not import this_is_not
from pipeline.history.corrections.undo import undo
from recognizer.gallery.store import Face, Gallery
from tests.synthetic.corrections import ADA, BOB, STRANGER, dump, make_site, no_enroller, open_desk

CORRECTIONS: list[Callable[[Desk], object]] = [
    lambda desk: this_is_not(desk, ADA, "Ada"),
    lambda desk: this_is(desk, BOB, "Ada"),
    lambda desk: rename(desk, "Ada", "Cleo"),
    lambda desk: merge_people(desk, "Bob", "Ada"),
    lambda desk: undo(desk, merge_people(desk, "Bob", "Ada").audit),
    lambda desk: undo(desk, rename(desk, "Ada", "Cleo").audit),
]


class Killed(GalleryOfHistory):
    """Kills its process at the n-th work, before or after it is done."""

    def __init__(self, path: Path, *, work: int, is_done: bool) -> None:
        super().__init__(path, no_enroller)
        self.left, self.is_done = work, is_done

    def do(self, work: GalleryWork) -> str:  # type: ignore[override]
        self.left -= 1
        if self.left < 0 and not self.is_done:
            os.kill(os.getpid(), signal.SIGKILL)
        said = super().do(work)
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return str(said)


def correct_and_die(site: Path, correct: Callable[[Desk], object], **at: Any) -> bool:
    """Correct in a process that kills itself; whether it got so far."""
    child = os.fork()
    if not child:
        try:
            with open_desk(site, people=Killed(site / "people.db", **at)) as desk:
                correct(desk)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("correct", CORRECTIONS)
@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize("work", [0, 1])
def test_the_next_correction_completes_what_a_kill_left(
    tmp_path: Path, correct: Callable[[Desk], object], work: int, is_done: bool
) -> None:
    whole, killed = make_site(tmp_path / "whole"), make_site(tmp_path / "killed")
    with open_desk(whole) as desk:
        correct(desk)
        this_is(desk, STRANGER, "Zoe")
    if not correct_and_die(killed, correct, work=work, is_done=is_done):
        pytest.skip("this correction has less work")
    with open_desk(killed) as desk:
        if not desk.log.entries()[0].undoes and correct in CORRECTIONS[-2:]:
            undo(desk, desk.log.entries()[0].id)  # the kill came before the second correction
        this_is(desk, STRANGER, "Zoe")
    assert dump(killed) == dump(whole)


def test_a_gallery_that_is_in_use_is_changed_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recognizer.gallery.sqlite_database.BUSY_SECONDS", 0.0)
    site = make_site(tmp_path)
    with closing(sqlite3.connect(site / "people.db", isolation_level=None)) as other, open_desk(site) as desk:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ValueError, match="database is locked"):
            rename(desk, "Ada", "Cleo")
        other.execute("ROLLBACK")
        this_is(desk, STRANGER, "Bob")
    assert sorted(dump(site)[-2]) == ["Bob", "Cleo"]
    assert dump(site)[-3] == []


def test_a_correction_without_the_gallery_leaves_its_work_alone(tmp_path: Path) -> None:
    site = make_site(tmp_path)
    assert correct_and_die(site, CORRECTIONS[2], work=0, is_done=False)
    with open_desk(site) as desk:
        this_is(Desk(desk.database, None, "eve"), STRANGER, "Bob")
        assert len(dump(site)[-3]) == 1
        this_is(desk, STRANGER, "Bob")
    assert sorted(dump(site)[-2]) == ["Bob", "Cleo"]


def template(site: Path, track: int, numbers: list[float], model_id: str = "m") -> None:
    """Give a track a template of these numbers, which the gallery has not the length of."""
    with closing(sqlite3.connect(site / "history.db")) as database:
        data = np.array(numbers, "<f2").tobytes()
        database.execute("UPDATE templates SET data = ?, model_id = ? WHERE track = ?", (data, model_id, track))
        database.commit()


@pytest.mark.parametrize("numbers", [[0.6, 0.8], [0.6, 0.8, 0, 0, 0], [0, 0, 0, 0], [float("nan")] * 4])
def test_a_template_that_the_gallery_cannot_take_blocks_no_later_correction(
    tmp_path: Path, numbers: list[float]
) -> None:
    site = make_site(tmp_path)
    template(site, STRANGER, numbers)
    with open_desk(site) as desk:
        told = this_is_not(desk, STRANGER, "Ada")
        assert "only the past is corrected" in " ".join(told.notes)
        rename(desk, "Ada", "Cleo")
        assert desk.database.rows("SELECT count(*) FROM gallery_work") == [(0,)]
    assert sorted(dump(site)[-2]) == ["Bob", "Cleo"]
    assert dump(site)[-1] == []


def test_work_that_another_change_of_the_gallery_made_impossible_blocks_nothing(tmp_path: Path) -> None:
    """Written down, killed, and meanwhile somebody with a name that looks alike was enrolled, or the person erased."""
    site = make_site(tmp_path)
    assert correct_and_die(site, CORRECTIONS[2], work=0, is_done=False)  # Ada is to be called Cleo
    with Gallery(site / "people.db") as gallery:
        gallery.add("cleo", Face(np.eye(4, dtype=np.float32)[3], "9.jpg", "digest9"), model_id="m")
    with open_desk(site) as desk:
        this_is(desk, STRANGER, "Bob")
        assert desk.database.rows("SELECT count(*) FROM gallery_work") == [(0,)]
    assert sorted(dump(site)[-2]) == ["Ada", "Bob", "cleo"]


def test_work_that_cannot_be_read_blocks_nothing(tmp_path: Path) -> None:
    site = make_site(tmp_path)
    with open_desk(site) as desk:
        for body in (b"\xff", b"{}", b'{"type": "Paint"}'):
            desk.database.change("INSERT INTO gallery_work (body) VALUES (?)", (body,))
        rename(desk, "Ada", "Cleo")
        assert desk.database.rows("SELECT count(*) FROM gallery_work") == [(0,)]
    assert sorted(dump(site)[-2]) == ["Bob", "Cleo"]
