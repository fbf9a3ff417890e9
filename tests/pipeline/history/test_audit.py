"""The audit log keeps who did what and when, whatever the texts hold."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.history.audit import MAX_CHARACTERS, AuditEntry, AuditLog
from pipeline.history.database import Database, open_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "history.db", create=True) as opened:
        yield opened


def test_an_entry_says_who_did_what_and_when(database: Database) -> None:
    log = AuditLog(database, clock=lambda: 1000.5)
    number = log.add(by="eve", action="this is", target="Ada", details="track 17", undo='{"verdicts":[]}')
    assert log.entry(number) == AuditEntry(
        number, 1000.5, "eve", "this is", "Ada", "track 17", '{"verdicts":[]}', None, False
    )


def test_entries_come_page_by_page_the_newest_first(database: Database) -> None:
    log = AuditLog(database)
    numbers = [log.add(by="eve", action="login", target=str(count)) for count in range(5)]
    first = log.entries(limit=2)
    assert [entry.id for entry in first] == numbers[:2:-1]
    assert [entry.target for entry in log.entries(before=first[-1].id, limit=9)] == ["2", "1", "0"]
    assert log.entries(before=numbers[0]) == []


def test_what_takes_an_entry_back_marks_it(database: Database) -> None:
    log = AuditLog(database)
    number = log.add(by="eve", action="this is", target="Ada")
    later = log.add(by="bob", action="undo", target="Ada", undoes=number)
    assert [(entry.id, entry.undoes, entry.undone) for entry in log.entries()] == [
        (later, number, False),
        (number, None, True),
    ]


def test_an_unknown_number_gives_none(database: Database) -> None:
    assert AuditLog(database).entry(7) is None


@pytest.mark.parametrize("text", ["\x00", "\x1b[2J", "a\nb", "\u202eadA", "\ud800", "x" * (3 * MAX_CHARACTERS)])
def test_hostile_texts_are_shown_and_cut(database: Database, text: str) -> None:
    log = AuditLog(database)
    log.add(by=text, action=text, target=text, details=text)
    [entry] = log.entries()
    for kept in (entry.by, entry.action, entry.target, entry.details):
        assert kept.isprintable()
        assert len(kept) <= MAX_CHARACTERS


def test_an_entry_goes_with_its_transaction(database: Database) -> None:
    log = AuditLog(database)

    def fail() -> None:
        with database.writing():
            log.add(by="eve", action="this is", target="Ada")
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail()
    assert log.entries() == []


def test_what_stands_is_found_by_the_end_of_its_details(database: Database) -> None:
    log, undo = AuditLog(database), "{}"
    first = log.add(by="eve", action="this is", target="Ada", details="track 1; all of unknown-1", undo=undo)
    log.add(by="eve", action="this is", target="Ada", details="track 2; all of unknown-11", undo=undo)
    log.add(by="eve", action="this is", target="Ada", details="track 3; all of unknown-1")
    last = log.add(by="kim", action="this is", target="Ada", details="track 4; all of unknown-1", undo=undo)
    assert log.standing("all of unknown-1") == [last, first]
    assert log.standing("all of unknown-1", by="eve") == [first]
    assert log.standing("all of unknown_1") == []
    log.add(by="eve", action="undo", target="Ada", undoes=last)
    assert log.standing("all of unknown-1") == [first]
