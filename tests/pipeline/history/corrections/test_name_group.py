"""Everybody in a group of unknown people gets a name, and each track can be taken back."""

from pathlib import Path

import pytest

from pipeline.history.corrections import name_group as module
from pipeline.history.corrections.name_group import name_group
from pipeline.history.corrections.undo import undo
from pipeline.history.groups.membership import Membership, new_group, put, refresh
from tests.synthetic.corrections import BOB, STRANGER, dump, make_site, open_desk


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return make_site(tmp_path)


def group_of(site: Path, *tracks: int) -> int:
    with open_desk(site) as desk, desk.database.writing():
        group = new_group(desk.database, at=1.0)
        put(desk.database, [Membership(track, group, None, by_hand=False) for track in tracks])
        refresh(desk.database, [group])
    return group


def test_all_tracks_and_back(site: Path) -> None:
    group = group_of(site, BOB, STRANGER)
    before = dump(site)
    with open_desk(site) as desk:
        done = name_group(desk, group, "Zora")
        query = "SELECT id FROM tracks WHERE person = 'Zora' AND state = 'named' ORDER BY id"
        assert desk.database.rows(query) == [(BOB,), (STRANGER,)]
        for one in reversed(done):
            undo(desk, one.audit)
    assert dump(site) == before


def test_what_cannot_be_named_changes_nothing(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    group = group_of(site, BOB, STRANGER)
    before = dump(site)
    with open_desk(site) as desk:
        with pytest.raises(ValueError, match="no such unknown person"):
            name_group(desk, group + 1, "Zora")
        with pytest.raises(ValueError, match="look alike"):
            name_group(desk, group, "ada")
        monkeypatch.setattr(module, "MOST", 1)
        with pytest.raises(ValueError, match="at most 1 tracks"):
            name_group(desk, group, "Zora")
    assert dump(site) == before
