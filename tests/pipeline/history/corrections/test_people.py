"""Rename and merge: past, gallery, and events that come late."""

from pathlib import Path

import pytest

from pipeline.history.corrections.merge_people import merge_people
from pipeline.history.corrections.names import GRACE_SECONDS
from pipeline.history.corrections.rename import rename
from pipeline.history.corrections.this_is import this_is
from pipeline.history.corrections.this_is_not import this_is_not
from pipeline.history.corrections.undo import undo
from pipeline.history.database import open_database
from pipeline.history.reader import HistoryReader, Wanted
from pipeline.history.store import HistoryWriter
from recognizer.gallery.store import Gallery
from tests.synthetic.corrections import ADA, BOB, NOW, STRANGER, dump, make_site, open_desk
from tests.synthetic.person_queue import queued_person_events
from tests.synthetic.visits import visit


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return make_site(tmp_path)


def ids(site: Path, person: str) -> list[int]:
    with HistoryReader(site / "history.db") as reader:
        return sorted(row.id for row in reader.tracks(Wanted(person=person)))


def enrolled(site: Path) -> dict[str, list[str]]:
    with Gallery(site / "people.db") as gallery:
        return {person.name: gallery.digests(person.name) for person in gallery.people()}


def visit_at(site: Path, person: str, at: float, number: int) -> None:
    with HistoryWriter(site / "history.db", unknowns=True) as history:
        history.add(visit(person, number=number, first_seq=10 * number, at=at), None)


def test_a_new_name_is_everywhere(site: Path) -> None:
    with open_desk(site) as desk:
        this_is_not(desk, BOB, "Ada")
        rename(desk, "Ada", "Ada Lovelace")
        assert desk.database.rows("SELECT person FROM groups") == [("Ada Lovelace",)]
        assert desk.database.rows("SELECT person FROM verdicts") == [("Ada Lovelace",)]
    assert (ids(site, "Ada"), ids(site, "Ada Lovelace")) == ([], [ADA])
    assert sorted(enrolled(site)) == ["Ada Lovelace", "Bob"]


def told(site: Path) -> list[tuple[str, str | None, str | None, int | None]]:
    """What waits to be published: action, person, the name before, and the track."""
    with open_database(site / "history.db") as database:
        events = [queued.event for queued in queued_person_events(database, limit=100)]
    return [(str(event.action), event.person, event.previous_person, event.track) for event in events]


def test_a_new_name_is_published_and_so_is_its_end(site: Path) -> None:
    with open_desk(site) as desk:
        made = rename(desk, "Ada", "Ada Lovelace")
        undo(desk, made.audit)
    assert told(site) == [("renamed", "Ada Lovelace", "Ada", None), ("renamed", "Ada", "Ada Lovelace", None)]


def test_a_merge_is_published_and_so_is_its_end_with_the_tracks(site: Path) -> None:
    with open_desk(site) as desk:
        this_is(desk, STRANGER, "Bob")
        made = merge_people(desk, "Bob", "Ada")
        undo(desk, made.audit)
    assert told(site) == [
        ("corrected", "Bob", None, STRANGER),
        ("merged", "Ada", "Bob", None),
        ("corrected", "Ada", None, STRANGER),
        ("separated", "Bob", "Ada", None),
        ("corrected", "Bob", None, BOB),
        ("corrected", "Bob", None, STRANGER),
    ]


def test_a_name_that_is_refused_is_not_published(site: Path) -> None:
    with open_desk(site) as desk, pytest.raises(ValueError, match="known already"):
        rename(desk, "Ada", "Bob")
    assert told(site) == []


def test_events_of_before_mean_the_new_name_and_later_ones_do_not(site: Path) -> None:
    with open_desk(site) as desk:
        rename(desk, "Ada", "Bea")
        rename(desk, "Bea", "Cleo")
    visit_at(site, "Ada", NOW - 100, 7)
    visit_at(site, "Ada", NOW + GRACE_SECONDS + 1, 8)  # somebody else, enrolled since
    assert (len(ids(site, "Cleo")), len(ids(site, "Ada"))) == (2, 1)
    with open_desk(site, now=NOW + 50) as desk:
        undo(desk, 2)
    visit_at(site, "Cleo", NOW + 20, 9)
    assert len(ids(site, "Bea")) == 3


def test_two_people_become_one_and_two_again(site: Path) -> None:
    with open_desk(site) as desk:
        this_is_not(desk, STRANGER, "Bob")
    before = dump(site)
    with open_desk(site) as desk:
        made = merge_people(desk, "Bob", "Ada")
    assert (ids(site, "Ada"), ids(site, "Bob")) == ([ADA, BOB], [])
    assert enrolled(site) == {"Ada": ["digest0", "digest1", "digest2"]}
    visit_at(site, "Bob", NOW - 100, 7)
    [*both, late] = ids(site, "Ada")
    assert both == [ADA, BOB]
    with open_desk(site) as desk:
        for table, key in (("crops", "track"), ("templates", "track"), ("tracks", "id")):
            desk.database.change(f"DELETE FROM {table} WHERE {key} = ?", (late,))
        undo(desk, made.audit)
    assert dump(site) == before


def test_what_was_said_of_who_stays_holds(site: Path) -> None:
    with open_desk(site) as desk:
        this_is(desk, STRANGER, "Ada")
        this_is_not(desk, STRANGER, "Bob")
        merge_people(desk, "Bob", "Ada")
        assert desk.database.rows("SELECT track, person, is_person FROM verdicts") == [(STRANGER, "Ada", 1)]
    with Gallery(site / "people.db") as gallery:
        assert gallery.negatives() == []


def test_somebody_who_is_not_enrolled_takes_the_pictures_over(site: Path) -> None:
    with open_desk(site) as desk:
        this_is(desk, STRANGER, "Cleo")
        made = merge_people(desk, "Bob", "Cleo")
    assert enrolled(site)["Cleo"] == ["digest2"]
    with open_desk(site) as desk:
        undo(desk, made.audit)
    assert enrolled(site)["Bob"] == ["digest2"]


@pytest.mark.parametrize(
    ("name", "new", "message"),
    [
        ("Zoe", "Zoë", "whom the gallery or the history knows"),
        ("Ada", "Bob", "known already; merge"),
        ("Ada", "BOB", "names look alike"),
        ("Ada", "", "expected a name"),
        ("Ada", "B\u200bea", "invisible"),
        ("Ada", "Ada", "known already"),
        ("Ada", "Unknown", "expected a person's own name"),
    ],
)
def test_a_name_that_cannot_be_given_changes_nothing(site: Path, name: str, new: str, message: str) -> None:
    before = dump(site)
    with open_desk(site) as desk:
        with pytest.raises(ValueError, match=message):
            rename(desk, name, new)
        assert desk.log.entries() == []
    assert dump(site) == before


@pytest.mark.parametrize(("name", "into"), [("Ada", "Ada"), ("Ada", "Zoe"), ("Zoe", "Ada")])
def test_people_who_cannot_be_merged(site: Path, name: str, into: str) -> None:
    with open_desk(site) as desk, pytest.raises(ValueError, match="person"):
        merge_people(desk, name, into)
