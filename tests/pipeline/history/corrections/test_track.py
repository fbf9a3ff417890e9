"""This is Ada, this is not: the past and the gallery follow, and what is wrong changes nothing."""

import dataclasses
from pathlib import Path

import pytest

from pipeline.events import PersonAction
from pipeline.history.audit import AuditLog
from pipeline.history.corrections.correction import Desk
from pipeline.history.corrections.this_is import this_is
from pipeline.history.corrections.this_is_not import this_is_not
from pipeline.history.corrections.undo import undo
from pipeline.history.database import open_database
from pipeline.history.reader import HistoryReader, TrackRow, Wanted
from pipeline.history.retention import Limits, Retention
from pipeline.history.store import HistoryWriter
from recognizer.gallery.store import Gallery
from tests.synthetic.corrections import ADA, BOB, NOW, STRANGER, dump, make_site, open_desk
from tests.synthetic.person_queue import queued_person_events
from tests.synthetic.visits import renamed


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return make_site(tmp_path)


def tracks(site: Path, person: str | None = None) -> list[TrackRow]:
    with HistoryReader(site / "history.db") as reader:
        return sorted(reader.tracks(Wanted(person=person)))


def negatives(site: Path) -> list[tuple[str, str]]:
    with Gallery(site / "people.db") as gallery:
        return [(name, one.source) for name, one in gallery.negatives()]


def test_a_stranger_becomes_somebody(site: Path) -> None:
    with open_desk(site) as desk:
        made = this_is(desk, STRANGER, "Ada")
    assert made.notes == []
    assert [(row.id, row.corrected) for row in tracks(site, "Ada")] == [(ADA, False), (STRANGER, True)]
    with HistoryReader(site / "history.db") as reader:
        assert [row.person for row in reader.last_seen()] == ["Ada", "Bob"]
        row = reader.track(STRANGER)
    assert row is not None
    assert (row.state, row.person) == ("named", "Ada")
    with open_desk(site) as desk:
        assert desk.log.entries()[0][1:6] == (NOW, "eve", "this is", "Ada", "track 3, by its evidence unknown")


def test_a_false_name_goes_and_becomes_a_negative(site: Path) -> None:
    with open_desk(site) as desk:
        this_is_not(desk, ADA, "Ada")
    assert tracks(site, "Ada") == []
    [row] = [row for row in tracks(site) if row.id == ADA]
    assert (row.state, row.person, row.corrected) == ("unknown", None, True)
    assert negatives(site) == [("Ada", "track e1/door/1")]
    with HistoryReader(site / "history.db") as reader:
        assert [row.person for row in reader.last_seen()] == ["Bob"]


def test_who_it_is_says_who_it_is_not(site: Path) -> None:
    with open_desk(site) as desk:
        this_is(desk, ADA, "Bob")
    assert [row.id for row in tracks(site, "Bob")] == [ADA, BOB]
    assert negatives(site) == [("Ada", "track e1/door/1")]


def test_a_correction_takes_the_place_of_the_one_before(site: Path) -> None:
    with open_desk(site) as desk:
        this_is_not(desk, ADA, "Ada")
        this_is(desk, ADA, "Ada")
    assert negatives(site) == []
    assert [row.id for row in tracks(site, "Ada")] == [ADA]


def test_later_evidence_does_not_take_a_correction_back(site: Path) -> None:
    with open_desk(site) as desk:
        made = this_is_not(desk, ADA, "Ada")
    with HistoryWriter(site / "history.db", unknowns=True) as history:
        history.add([renamed(50, "Ada", 1020.0)], None)
    assert tracks(site, "Ada") == []
    with HistoryWriter(site / "history.db", unknowns=True) as history:
        history.add([renamed(51, "Bob", 1030.0)], None)
    assert [row.id for row in tracks(site, "Bob")] == [ADA, BOB]
    with open_desk(site) as desk:
        undo(desk, made.audit)
    assert [(row.id, row.corrected) for row in tracks(site, "Bob")] == [(ADA, False), (BOB, False)]


def test_each_correction_and_its_undo_is_told(site: Path) -> None:
    with open_desk(site) as desk:
        made = this_is_not(desk, ADA, "Ada")
        undo(desk, made.audit)
        told = [one.event for one in queued_person_events(desk.database, limit=9)]
    assert [(event.action, event.track, event.person) for event in told] == [
        (PersonAction.CORRECTED, 1, None),
        (PersonAction.CORRECTED, 1, "Ada"),
    ]
    assert {event.of_node for event in told} == {"node"}


def test_without_a_gallery_the_past_alone_is_corrected(site: Path) -> None:
    before = dump(site)[-2:]
    with open_database(site / "history.db", create=True) as database:
        this_is_not(Desk(database, None, "eve"), ADA, "Ada")
    assert dump(site)[-2:] == before
    assert tracks(site, "Ada") == []


def test_a_track_without_a_template_says_so(site: Path) -> None:
    with open_desk(site) as desk:
        desk.database.change("DELETE FROM templates")
        assert "later decisions do not learn from it" in this_is_not(desk, ADA, "Ada").notes[0]
    assert negatives(site) == []


def test_a_template_of_another_recogniser_is_no_negative(site: Path) -> None:
    with open_desk(site) as desk:
        desk.database.change("UPDATE templates SET model_id = 'other'")
        assert "of another recogniser" in this_is_not(desk, ADA, "Ada").notes[0]
    assert negatives(site) == []


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "A\u200bda",
        "\ud800",
        "Ada\n",
        "x" * 201,
        "\u202eadA",
        "ADA",
        "\uff21da",
        "Ada  ",
        "stranger",
        "unknown-3",
    ],
)
def test_hostile_names_are_refused(site: Path, name: str) -> None:
    before = dump(site)
    with open_desk(site) as desk:
        if name in ("Ada\n", "Ada  "):  # as enrolment cleans it
            this_is(desk, ADA, name)
            assert tracks(site, "Ada")
            return
        with pytest.raises(ValueError, match="person"):
            this_is(desk, STRANGER, name)
        with pytest.raises(ValueError, match="expected somebody whom"):
            this_is_not(desk, STRANGER, name)
        assert desk.log.entries() == []
    assert dump(site) == before


def test_a_slip_is_refused_with_the_name_that_was_meant_unless_it_is_said_to_be_new(site: Path) -> None:
    before = dump(site)
    with open_desk(site) as desk:
        with pytest.raises(ValueError, match=r"^person 'Adda': neither gallery nor .*did you mean 'Ada'\?$"):
            this_is(desk, BOB, "Adda")
        assert desk.log.entries() == []
        assert dump(site) == before  # Bob has no negative of his own track
        with pytest.raises(ValueError, match=r"did you mean 'Ada'\?"):
            this_is(desk, BOB, "Adda", enrol=True)
        this_is(desk, BOB, "Adda", is_new=True)
        this_is(desk, STRANGER, "Adda")  # which is known now
    assert {row.id for row in tracks(site, "Adda")} == {STRANGER, BOB}


@pytest.mark.parametrize("name", ["Zora", "\u05d0\u05d3\u05d4 \u05dc\u05d1\u05dc\u05d9\u05d9\u05e1", "x" * 200])
def test_a_name_that_nobody_has_is_taken_with_what_it_does(site: Path, name: str) -> None:
    with open_desk(site) as desk:
        [note] = this_is(desk, STRANGER, name).notes
        assert note.startswith(f"{name} is not enrolled: cameras do not use this name yet")
        assert this_is(desk, BOB, "Ada").notes == []
        past_alone = dataclasses.replace(desk, people=None)
        assert this_is(past_alone, STRANGER, "Quentin").notes == []


def test_numbered_names_are_no_slips(site: Path) -> None:
    with open_desk(site) as desk:
        this_is(desk, STRANGER, "Guest 3")
        this_is(desk, BOB, "Guest 4")
        with pytest.raises(ValueError, match=r"did you mean 'Guest [34]'\?"):
            this_is(desk, BOB, "Guets 4")


def test_a_name_of_marks_of_sql_is_a_name(site: Path) -> None:
    with open_desk(site) as desk:
        this_is(desk, STRANGER, "Robert'); DROP TABLE tracks;--")
    assert [row.id for row in tracks(site, "Robert'); DROP TABLE tracks;--")] == [STRANGER]


@pytest.mark.parametrize("track", [0, -1, 99, 2**62])
def test_wrong_numbers_are_refused(site: Path, track: int) -> None:
    with open_desk(site) as desk:
        with pytest.raises(ValueError, match="there is no such track"):
            this_is(desk, track, "Ada")
        with pytest.raises(ValueError, match="there is no such track"):
            this_is_not(desk, track, "Ada")
        assert desk.log.entries() == []


def test_verdicts_go_with_their_track(site: Path) -> None:
    with open_desk(site) as desk:
        made = this_is(desk, STRANGER, "Ada")
        retention = Retention(desk.database, Limits(track_days=1), unknowns=True, clock=lambda: 1e6)
        while retention.step():
            pass
        assert desk.database.rows("SELECT * FROM verdicts") == []
        with pytest.raises(ValueError, match="no such track any more"):
            undo(desk, made.audit)


def test_entries_of_others_are_not_undone(site: Path) -> None:
    with open_desk(site) as desk:
        login = AuditLog(desk.database).add(by="eve", action="login", target="page")
        for number, message in ((login, "cannot be undone"), (99, "there is no such entry")):
            with pytest.raises(ValueError, match=message):
                undo(desk, number)
