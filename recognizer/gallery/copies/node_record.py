"""What a gallery knows of the nodes that keep a copy: until when they may name, and what they have taken up.

A node names nobody `max_age` seconds after its last contact (`Freshness`). Its row says the same with the server's
clock, and is written before the node may go on: so whoever erases knows for how long an old copy can name the erased.
"""

import uuid
from typing import NamedTuple

from recognizer.gallery.change import ERASURES
from recognizer.gallery.database import Database
from recognizer.gallery.dialect import POSTGRES

FORGOTTEN_SECONDS = 30 * 86_400
_KINDS = ", ".join(f"'{kind}'" for kind in ERASURES)
_NOW = POSTGRES.now
_REMOVE_OLD = f"DELETE FROM nodes WHERE seen + max_age < {_NOW} AND (node = ? OR seen < {_NOW} - ?)"
_CONFIRM = f"""
    INSERT INTO nodes VALUES (?, ?, ?, {_NOW}, ?)
    ON CONFLICT (instance) DO UPDATE SET number = excluded.number, seen = excluded.seen
"""
# A node that was started again also answers for what ran before it under its name and is gone.
_SIGN_OWED = f"""
    UPDATE receipts SET at = {_NOW} WHERE at IS NULL AND number <= ? AND (instance = ? OR node = ? AND NOT EXISTS (
        SELECT 1 FROM nodes WHERE nodes.instance = receipts.instance AND nodes.seen + nodes.max_age > {_NOW}
    ))
"""
_SIGN_OTHERS = f"""
    INSERT INTO receipts SELECT number, ?, ?, {_NOW} FROM changes
    WHERE kind IN ({_KINDS}) AND number > ? AND number <= ?
    ON CONFLICT DO NOTHING
"""
_ERASURES = f"""
    SELECT changes.number, changes.kind, changes.at, receipts.node, receipts.at, nodes.seen + nodes.max_age
    FROM changes LEFT JOIN receipts USING (number) LEFT JOIN nodes USING (instance)
    WHERE kind IN ({_KINDS}) AND changes.number > ? ORDER BY changes.number, receipts.node
"""


class NodeRecord:
    """The row of one running copy."""

    def __init__(self, database: Database, node: str, max_age: float, instance: str) -> None:
        self._database, self._node, self._max_age, self._instance = database, node, max_age, instance
        self._signed = 0

    def enter(self) -> None:
        """Make the row, before anything is read: what is erased from then on owes this copy's receipt."""
        self._database.change(_REMOVE_OLD, (self._node, FORGOTTEN_SECONDS))
        self.confirm(0)

    def confirm(self, number: int) -> None:
        """Say that the copy was found to be the newest, or is about to be. number: newest change that it names by."""
        self._database.change(_CONFIRM, (self._instance, self._node, number, self._max_age))

    def sign(self, number: int) -> None:
        """Write the receipts of all erasures up to a change that the copy names by."""
        if number == self._signed:
            return
        self._database.change(_SIGN_OWED, (number, self._instance, self._node))
        if self._signed:
            self._database.change(_SIGN_OTHERS, (self._instance, self._node, self._signed, number))
        self._signed = number

    def leave(self) -> None:
        """Delete the row: this copy names nobody any more."""
        self._database.change("DELETE FROM nodes WHERE instance = ?", (self._instance,))


class Receipt(NamedTuple):
    """What one node said of one erasure. at: when its copy was without the erased, Unix seconds; None until then.

    may_name_until: Unix seconds after which it names nobody before it has read the change; None where it is gone.
    """

    node: str
    at: float | None
    may_name_until: float | None

    def may_name(self, now: float) -> bool:
        """Whether the node may name who was erased. now: Unix seconds."""
        return self.at is None and self.may_name_until is not None and self.may_name_until > now

    def describe(self, erased: float, now: float) -> str:
        """A sentence. erased, now: Unix seconds."""
        if self.at is not None:
            return f"{self.node}: followed {max(0.0, self.at - erased):.2f} s later"
        if self.may_name_until is not None and self.may_name(now):
            return f"{self.node}: has not followed, and may name them for {self.may_name_until - now:.0f} s more"
        return f"{self.node}: has not followed; it names nobody before it has"


class Erasure(NamedTuple):
    """One erasure, without a name. number: of the change.  kind: of a person or a picture.  at: Unix seconds."""

    number: int
    kind: str
    at: float
    receipts: tuple[Receipt, ...]


def new_instance() -> str:
    """An identifier for one run of a node."""
    return uuid.uuid4().hex


def read_erasures(database: Database, *, after: int = 0) -> list[Erasure]:
    """The erasures with a number above `after`, and what each node that had a copy said of them."""
    if database.sql is not POSTGRES:  # a file has no nodes with copies, and one of an older version no changes
        return []
    found: dict[int, Erasure] = {}
    for number, kind, at, node, signed, until in database.rows(_ERASURES, (after,)):
        receipts = (Receipt(node, signed, until),) if node is not None else ()
        before = found.get(number, Erasure(number, kind, at, ()))
        found[number] = before._replace(receipts=before.receipts + receipts)
    return list(found.values())
