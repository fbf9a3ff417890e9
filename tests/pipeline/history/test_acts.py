"""Entries of one act stand together, and those of two do not."""

from pipeline.history.acts import acts_of
from pipeline.history.audit import AuditEntry
from pipeline.history.corrections.track_state import PART


def entry(number: int, **fields: object) -> AuditEntry:
    details = f"track {number}{PART}all of unknown-1"
    usual = AuditEntry(number, 100.0 + number, "kim", "this is", "Zora", details, "{}", None, False)
    return usual._replace(**fields)  # type: ignore[arg-type]


def counts(*entries: AuditEntry) -> list[int]:
    return [len(act.entries) for act in acts_of(sorted(entries, reverse=True))]


def test_a_group_is_one_act() -> None:
    [act] = acts_of([entry(3), entry(2), entry(1)])
    assert (act.whole, act.undoable) == ("all of unknown-1", [3, 2, 1])


def test_another_user_group_name_or_state_begins_a_new_one() -> None:
    assert counts() == []
    assert counts(entry(1), entry(2, by="lee"), entry(3)) == [1, 1, 1]
    assert counts(entry(1), entry(2, details=f"track 2{PART}all of unknown-12")) == [1, 1]
    assert counts(entry(1), entry(2, target="Ada")) == [1, 1]
    assert counts(entry(1), entry(2, undone=True), entry(3, undone=True)) == [2, 1]
    assert counts(entry(1, details="track 1"), entry(2, details="track 2")) == [1, 1]


def test_undos_stand_together_for_a_minute() -> None:
    undos = [entry(number, action="undo", details=f"this is, entry {number}", undo="") for number in (1, 2, 3)]
    assert counts(*undos) == [3]
    assert counts(*undos, entry(4, action="undo", undo="", made_at=1000.0)) == [1, 3]
    assert acts_of(undos[:1])[0].undoable == []
