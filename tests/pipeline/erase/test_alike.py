"""Faces without the name: found by likeness, erased only where they are confirmed, and listed otherwise."""

import re
from pathlib import Path

import numpy as np
import pytest

from pipeline.erase.__main__ import main
from pipeline.history.corrections.this_is import this_is
from pipeline.history.corrections.this_is_not import this_is_not
from pipeline.history.database import open_database
from pipeline.history.store import HistoryWriter
from recognizer.gallery.store import Gallery
from tests.synthetic.corrections import ADA, BOB, STRANGER, make_site, open_desk
from tests.synthetic.visits import visit

BOBS = np.array([0.0, 0.28, 0.96, 0.0], np.float32)  # like Bob's picture, 0.96, and like no other track
AGAIN = 4
SCORES = ["0.96", "0.96", "0.80"]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Bob is enrolled; a track of his was never named, is in a group, and was marked as not Ada."""
    site = make_site(tmp_path / "site")
    with HistoryWriter(site / "history.db", unknowns=True, clock=lambda: 1500.0) as history:
        history.add(visit(None, number=AGAIN, first_seq=50, template=BOBS.astype("<f2").tobytes()), None)
        [(track,)] = history.database.rows("SELECT id FROM tracks WHERE number = ?", (AGAIN,))
        assert track == AGAIN
        history.database.change("INSERT INTO track_groups VALUES (?, 1, NULL, 0)", (track,))
    with open_desk(site) as desk:
        this_is_not(desk, AGAIN, "Ada")
    return site


def negatives(site: Path) -> list[tuple[str, str]]:
    with Gallery(site / "people.db") as gallery:
        return gallery.negative_sources()


def templates(site: Path) -> list[int]:
    with open_database(site / "history.db") as database:
        return [track for (track,) in database.rows("SELECT track FROM templates ORDER BY track")]


def test_without_asking_a_negative_without_the_name_stays(site: Path) -> None:
    assert main(["Bob", str(site)]) == 0
    assert [name for name, _ in negatives(site)] == ["Ada"]
    assert AGAIN in templates(site)


def test_what_is_like_them_is_listed_with_its_score_and_stays(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["Bob", str(site), "--also-alike"]) == 1
    listed = re.findall(r"perhaps theirs, likeness (\d\.\d\d).*--confirm-alike ([0-9a-f]{8})", capsys.readouterr().out)
    assert [score for score, _ in listed] == SCORES
    assert len(negatives(site)) == 1
    assert AGAIN in templates(site)


def test_a_list_alone_erases_nothing_so_that_a_key_of_it_can_be_given(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (site / "people.db").read_bytes()
    assert main(["Bob", str(site), "--also-alike"]) == 1
    assert "nothing is erased yet" in capsys.readouterr().out
    assert (site / "people.db").read_bytes() == before
    assert main(["Bob", str(site)]) == 0
    with Gallery(site / "people.db") as gallery:
        assert [person.name for person in gallery.people()] == ["Ada"]


def test_what_is_confirmed_is_erased_from_negatives_groups_crops_and_templates(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = BOBS.astype("<f2").tobytes()
    assert stored in (site / "history.db").read_bytes()
    assert main(["Bob", str(site), "--also-alike", "--alike-score=0.9", "--confirm-alike=all"]) == 0
    out = capsys.readouterr().out
    assert "negative of Ada, track e1/door/4 erased, likeness 0.96, confirmed" in out
    assert f"template and crop of track {AGAIN} (door #4, unknown-1) erased" in out
    assert negatives(site) == []
    assert AGAIN not in templates(site)
    with open_database(site / "history.db") as database:
        assert database.rows("SELECT count(*) FROM crops WHERE track = ?", (AGAIN,)) == [(0,)]
        assert database.rows("SELECT count(*) FROM track_groups") == [(0,)]
        used = database.rows("SELECT bytes FROM usage WHERE kind = 'templates'")
        assert used == database.rows("SELECT sum(length(data)) FROM templates")
    assert stored not in (site / "history.db").read_bytes()


def test_all_does_not_mean_tracks_that_have_the_name_of_somebody_else(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["Bob", str(site), "--also-alike", "--confirm-alike=all"]) == 1
    out = capsys.readouterr().out
    [key] = re.findall(r"track 1 \(door #1, named Ada\): perhaps theirs, .*--confirm-alike ([0-9a-f]{8})", out)
    assert len(key) == 8
    assert templates(site) == [ADA, STRANGER]


def test_a_key_confirms_one_and_leaves_the_other(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["Bob", str(site), "--also-alike", "--alike-score=0.9"])
    [key] = re.findall(r"negative of Ada.*--confirm-alike ([0-9a-f]{8})", capsys.readouterr().out)
    assert main(["Bob", str(site), "--alike-score=0.9", f"--confirm-alike={key}"]) == 1
    assert negatives(site) == []
    assert AGAIN in templates(site)


def test_with_nothing_to_compare_with_it_says_what_to_do(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["Cleo", str(site), "--also-alike"]) == 1
    assert "nothing to compare with: nobody of this name is enrolled" in capsys.readouterr().out


def test_a_negative_of_a_track_that_has_the_name_goes_without_asking(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bob was never enrolled in this gallery; an operator said that the track is his."""
    with open_desk(site) as desk:
        this_is(desk, AGAIN, "Cleo")
        this_is_not(desk, STRANGER, "Ada")
    assert main(["Cleo", str(site)]) == 0
    assert "1 negatives of their tracks erased" in capsys.readouterr().out
    assert [source for _, source in negatives(site)] == [f"track e1/door/{STRANGER}"]


def test_faces_of_another_recogniser_are_counted_and_not_compared(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_database(site / "history.db", create=True) as database:
        database.change("UPDATE templates SET model_id = 'other' WHERE track IN (?, ?)", (ADA, STRANGER))
    assert main(["Bob", str(site), "--also-alike", "--alike-score=0.9", "--confirm-alike=all"]) == 1
    assert "faces of another recogniser, not compared: 2" in capsys.readouterr().out
    assert BOB not in templates(site)


@pytest.mark.parametrize("score", ["0", "2", "nan", "-1"])
def test_a_score_that_is_none_is_refused(site: Path, score: str) -> None:
    with pytest.raises(SystemExit):
        main(["Bob", str(site), f"--alike-score={score}"])
