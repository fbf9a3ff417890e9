"""Entries of the audit log that one act has made, as one: a named group is a correction for each of its tracks."""

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.history.audit import AuditEntry
from pipeline.history.corrections.track_state import PART

UNDO = "undo"
TOGETHER_SECONDS = 60.0


class Act(NamedTuple):
    """entries: the newest first."""

    entries: list[AuditEntry]

    @property
    def newest(self) -> AuditEntry:
        """The entry that stands for all."""
        return self.entries[0]

    @property
    def whole(self) -> str:
        """What its entries are parts of; empty where it is one entry by itself."""
        return self.newest.details.partition(PART)[2]

    @property
    def undoable(self) -> list[int]:
        """Numbers of the entries that can be taken back, in the order for it."""
        return [entry.id for entry in self.entries if entry.undo and not entry.undone]


def acts_of(entries: Sequence[AuditEntry]) -> list[Act]:
    """What was done, the newest first. entries: the newest first, without gaps."""
    found: list[Act] = []
    for entry in entries:
        if found and _belongs(entry, found[-1].entries[-1]):
            found[-1].entries.append(entry)
        else:
            found.append(Act([entry]))
    return found


def _belongs(entry: AuditEntry, later: AuditEntry) -> bool:
    """Whether an entry was made by the same act as the one after it."""
    if (entry.by, entry.action, entry.target, entry.undone) != (later.by, later.action, later.target, later.undone):
        return False
    if entry.action == UNDO:
        return abs(later.made_at - entry.made_at) < TOGETHER_SECONDS
    whole = entry.details.partition(PART)[2]
    return bool(whole) and whole == later.details.partition(PART)[2]
