"""Merges, splits and what takes them back, in any order, keep every track in exactly one group; also when killed."""

import itertools
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.events import PersonAction
from pipeline.history.audit import AuditLog
from pipeline.history.database import Database
from pipeline.history.groups.changes import MERGE, SPLIT, GroupChanges
from pipeline.history.groups.membership import Membership, members_of, new_group, put, refresh, resolve
from pipeline.history.groups.reader import GroupReader
from pipeline.history.store import HistoryWriter
from tests.synthetic.events import NODE
from tests.synthetic.person_queue import queued_person_events
from tests.synthetic.strangers import groups_of, pass_by

TRACKS = 8


def fill(place: Path | str) -> Database:
    """Tracks 1 to 8: two in each of four groups."""
    writer = HistoryWriter(place, node=NODE, unknowns=True, clock=lambda: 5000.0)
    writer.add([event for number in range(1, TRACKS + 1) for event in pass_by(number, number=number)], None)
    with writer.database.writing():
        for _ in range(TRACKS // 2):
            new_group(writer.database, at=5000.0)
        put(writer.database, [Membership(track, (track + 1) // 2, 0.001, by_hand=False) for track in range(1, 9)])
        refresh(writer.database, range(1, 5))
    return writer.database


@pytest.fixture
def database(place: Path | str) -> Iterator[Database]:
    with fill(place) as opened:
        yield opened


def state(database: Database) -> list[list[tuple[Any, ...]]]:
    """All that a change of groups touches."""
    groups = "SELECT id, first_seen, last_seen, tracks, person, merged_into FROM groups ORDER BY id"
    members = "SELECT track, grp, chance, by_hand FROM track_groups ORDER BY track"
    return [database.rows(groups), database.rows(members)]


def check_whole(database: Database) -> None:
    """Each track is in one group that stands for itself, and each group knows its tracks."""
    assert sorted(groups_of(database)) == list(range(1, TRACKS + 1))
    counted = database.rows(
        "SELECT grp, count(*), min(first_seen), max(last_seen) FROM track_groups"
        " JOIN tracks ON tracks.id = track_groups.track GROUP BY grp ORDER BY grp"
    )
    query = "SELECT id, tracks, first_seen, last_seen FROM groups WHERE merged_into IS NULL ORDER BY id"
    assert database.rows(query) == counted
    for (group,) in database.rows("SELECT id FROM groups"):
        answering = resolve(database, group)
        assert answering is not None
        assert members_of(database, answering)


def test_merged_groups_answer_as_one(database: Database) -> None:
    entry = GroupChanges(database, clock=lambda: 6000.0).merge(2, 1, by="Eve")
    assert groups_of(database) == {1: 1, 2: 1, 3: 1, 4: 1, 5: 3, 6: 3, 7: 4, 8: 4}
    row = GroupReader(database).group(2)
    assert row is not None
    assert (row.id, row.tracks, row.first_seen, row.last_seen) == (1, 4, 1060.0, 1243.0)
    noted = AuditLog(database).entry(entry)
    assert noted is not None
    assert (noted.by, noted.action, noted.target) == ("Eve", MERGE, "unknown-2 into unknown-1")
    told = [one.event for one in queued_person_events(database, limit=9)]
    assert [(event.action, event.track, event.group, event.previous_group) for event in told] == [
        (PersonAction.MOVED, 3, "unknown-1", "unknown-2"),
        (PersonAction.MOVED, 4, "unknown-1", "unknown-2"),
    ]
    assert [event.chance for event in told] == [None, None]


def test_a_split_makes_a_new_group_and_fixes_what_stays(database: Database) -> None:
    entry, group = GroupChanges(database).split([3], by="Eve")
    assert group == 5
    assert groups_of(database)[3] == 5
    assert [(one.track, one.by_hand) for one in members_of(database, 2)] == [(4, True)]
    noted = AuditLog(database).entry(entry)
    assert noted is not None
    assert (noted.action, noted.target) == (SPLIT, "unknown-5 out of unknown-2")


def test_undo_restores_everything(database: Database) -> None:
    before, changes = state(database), GroupChanges(database)
    database.change("UPDATE groups SET person = 'Ada' WHERE id = 2")
    changes.undo(changes.merge(2, 1, by="Eve"), by="Bob")
    database.change("UPDATE groups SET person = NULL WHERE id = 2")
    assert state(database) == before
    changes.merge(2, 1, by="Eve")
    entry, _ = changes.split([3, 4, 1], by="Eve")
    changes.undo(entry, by="Bob")
    assert {groups_of(database)[track] for track in (1, 2, 3, 4)} == {1}


def test_a_name_goes_with_a_merge_where_the_other_has_none(database: Database) -> None:
    database.change("UPDATE groups SET person = 'Ada' WHERE id = 2")
    changes = GroupChanges(database)
    entry = changes.merge(2, 1, by="Eve")
    assert [row.person for row in GroupReader(database).page() if row.id == 1] == ["Ada"]
    changes.undo(entry, by="Eve")
    assert {row.id: row.person for row in GroupReader(database).page()} == {1: None, 2: "Ada", 3: None, 4: None}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda changes: changes.merge(1, 1, by="Eve"), "two different groups"),
        (lambda changes: changes.merge(9, 1, by="Eve"), "unknown-9: there is no such"),
        (lambda changes: changes.split([1, 3], by="Eve"), "of one unknown person"),
        (lambda changes: changes.split([1, 2], by="Eve"), "got all 2"),
        (lambda changes: changes.split([99], by="Eve"), "of one unknown person"),
        (lambda changes: changes.split([], by="Eve"), "of one unknown person"),
        (lambda changes: changes.undo(1, by="Eve"), "expected a merge or split"),
    ],
)
def test_what_cannot_be_done_changes_nothing(
    change: Callable[[GroupChanges], object], message: str, database: Database
) -> None:
    before = state(database)
    with pytest.raises(ValueError, match=message):
        change(GroupChanges(database))
    assert state(database) == before
    assert AuditLog(database).entries() == []


def test_a_change_is_taken_back_once(database: Database) -> None:
    changes = GroupChanges(database)
    entry = changes.merge(2, 1, by="Eve")
    back = changes.undo(entry, by="Eve")
    with pytest.raises(ValueError, match="taken back"):
        changes.undo(entry, by="Eve")
    with pytest.raises(ValueError, match="expected a merge or split"):
        changes.undo(back, by="Eve")


Operation = tuple[str, int, int]
OPERATIONS = st.lists(st.tuples(st.sampled_from(["merge", "split", "undo"]), st.integers(1, 9), st.integers(1, 9)))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(OPERATIONS)
def test_any_order_keeps_every_track_in_one_group(tmp_path: Path, operations: list[Operation]) -> None:
    (tmp_path / "h.db").unlink(missing_ok=True)
    with fill(tmp_path / "h.db") as database:
        for operation in operations:
            try:
                perform(GroupChanges(database), operation)
            except ValueError:
                pass
            check_whole(database)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(OPERATIONS)
def test_taking_all_back_in_reverse_restores_the_groups(tmp_path: Path, operations: list[Operation]) -> None:
    (tmp_path / "h.db").unlink(missing_ok=True)
    with fill(tmp_path / "h.db") as database:
        before, changes = groups_of(database), GroupChanges(database)
        for operation in operations:
            try:
                perform(changes, operation)
            except ValueError:
                pass
        for entry in AuditLog(database).entries(limit=1000):
            if entry.action in (MERGE, SPLIT) and not entry.undone:
                changes.undo(entry.id, by="Eve")
        if not any(kind == "undo" for kind, _, _ in operations):
            assert groups_of(database) == before
        check_whole(database)


def perform(changes: GroupChanges, operation: Operation) -> None:
    kind, first, second = operation
    if kind == "merge":
        changes.merge(first, second, by="Eve")
    elif kind == "split":
        changes.split(sorted({first, second}), by="Eve")
    else:
        changes.undo(first, by="Eve")


def test_a_kill_between_any_two_statements_of_a_merge_and_its_undo_leaves_one_of_two_states(tmp_path: Path) -> None:
    statements: list[str] = []
    run(tmp_path / "count.db", statements.append)
    wanted = [states(tmp_path / f"whole{steps}.db", steps) for steps in range(3)]
    for number in range(len(statements)):
        path = tmp_path / f"{number}.db"
        fill(path).close()
        kill_at(path, number)
        with open_again(path) as database:
            assert [state(database), len(queued_person_events(database, limit=99))] in wanted, statements[number]
            check_whole(database)


def states(path: Path, steps: int) -> list[Any]:
    """The state after so many changes."""
    with fill(path) as database:
        changes = GroupChanges(database, clock=lambda: 6000.0)
        for step in range(steps):
            changes.undo(1, by="Eve") if step else changes.merge(2, 1, by="Eve")
        return [state(database), len(queued_person_events(database, limit=99))]


def run(path: Path, on_statement: Callable[[str], object]) -> None:
    database = open_again(path) if path.exists() else fill(path)
    with database:
        database._db.set_trace_callback(on_statement)  # type: ignore[attr-defined]
        changes = GroupChanges(database, clock=lambda: 6000.0)
        changes.merge(2, 1, by="Eve")
        changes.undo(1, by="Eve")


def open_again(path: Path) -> Database:
    return HistoryWriter(path, unknowns=True).database


def kill_at(path: Path, number: int) -> None:
    """Run the changes in a process that kills itself before the statement of this number."""
    child = os.fork()
    if not child:
        left = itertools.count(number, -1)
        run(path, lambda text: next(left) or os.kill(os.getpid(), signal.SIGKILL))
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
