"""Pages of unknown people, the newest first; the best crop; old numbers; and what one person's tracks are."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.history.database import Database
from pipeline.history.groups.changes import GroupChanges
from pipeline.history.groups.grouper import Grouper
from pipeline.history.groups.reader import GroupReader
from pipeline.history.reader import HistoryReader, Wanted
from pipeline.history.store import HistoryWriter
from tests.synthetic.events import NODE
from tests.synthetic.strangers import links, pass_by

PEOPLE = [1, 2, 1, 3, 1]


@pytest.fixture
def database(place: Path | str) -> Iterator[Database]:
    with HistoryWriter(place, node=NODE, unknowns=True) as writer:
        grouper = Grouper(writer.database, links(), false_link=0.01)
        for number, person in enumerate(PEOPLE, 1):
            events = pass_by(person, number=number, crop_px=50.0 - number, crop=b"\xff\xd8 crop")
            grouper.step(writer.add(events, None))
        yield writer.database


def test_pages_follow_each_other(database: Database) -> None:
    reader = GroupReader(database)
    assert [row.id for row in reader.page()] == [1, 3, 2]
    first = reader.page(limit=1)
    assert [row.id for row in reader.page(after=first[0].place)] == [3, 2]
    assert [row.id for row in reader.page(min_tracks=2)] == [1]


def test_the_best_track_has_the_largest_crop_that_is_kept(database: Database) -> None:
    reader = GroupReader(database)
    assert reader.page(limit=1)[0].best == 1
    database.change("DELETE FROM crops WHERE track = 1")
    assert reader.page(limit=1)[0].best == 3
    database.change("DELETE FROM crops")
    assert reader.page(limit=1)[0].best is None


def test_a_group_has_its_tracks(database: Database, place: Path | str) -> None:
    reader = GroupReader(database)
    assert sorted(reader.tracks(1)) == [1, 3, 5]
    assert (reader.group_of(3), reader.group_of(99)) == (1, None)
    assert reader.groups_of([1, 2, 99]) == {1: 1, 2: 2}
    assert reader.groups_of([]) == {}
    with HistoryReader(place) as history:
        assert [row.id for row in history.tracks(Wanted(group=1))] == [5, 3, 1]
        assert history.tracks(Wanted(group=99)) == []


def test_an_old_number_leads_to_the_group_that_took_its_tracks(database: Database) -> None:
    GroupChanges(database).merge(2, 3, by="Eve")
    GroupChanges(database).merge(3, 1, by="Eve")
    reader = GroupReader(database)
    assert [row.id for row in reader.page()] == [1]
    assert [row and row.id for row in map(reader.group, (1, 2, 3, 4))] == [1, 1, 1, None]
