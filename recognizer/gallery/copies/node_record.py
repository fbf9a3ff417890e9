"""What a gallery knows of the nodes that keep a copy: until when they may name, and what they have taken up.

A node names nobody `max_age` seconds after its last contact (`Freshness`). Its row says the same with the server's
clock, and is written before the node may go on: so whoever erases knows for how long an old copy can name the erased.
"""

import uuid
from typing import NamedTuple

from recognizer.gallery.change import ERASURES
from recognizer.gallery.copies.signature import Signer, signed_text
from recognizer.gallery.database import Database
from recognizer.gallery.dialect import POSTGRES
from recognizer.gallery.schema import SIGNATURES_VERSION

FORGOTTEN_SECONDS = 30 * 86_400
_KINDS = ", ".join(f"'{kind}'" for kind in ERASURES)
_NOW = POSTGRES.now
_REMOVE_OLD = f"DELETE FROM nodes WHERE seen + max_age < {_NOW} AND (node = ? OR seen < {_NOW} - ?)"
_CONFIRM = f"""
    INSERT INTO nodes VALUES (?, ?, ?, {_NOW}, ?)
    ON CONFLICT (instance) DO UPDATE SET number = excluded.number, seen = excluded.seen
"""
# A node that was started again also answers for what ran before it under its name and is gone.
_OWED = f"""
    SELECT number, changes.at, instance, {_NOW} FROM receipts JOIN changes USING (number)
    WHERE receipts.at IS NULL AND number <= ? AND (instance = ? OR node = ? AND NOT EXISTS (
        SELECT 1 FROM nodes WHERE nodes.instance = receipts.instance AND nodes.seen + nodes.max_age > {_NOW}
    ))
"""
_OTHERS = f"""
    SELECT number, at, ?, {_NOW} FROM changes WHERE kind IN ({_KINDS}) AND number > ? AND number <= ?
    AND NOT EXISTS (SELECT 1 FROM receipts WHERE receipts.number = changes.number AND receipts.instance = ?)
"""
_WRITE = """
    INSERT INTO receipts (number, instance, node, at) VALUES (?, ?, ?, ?)
    ON CONFLICT (number, instance) DO UPDATE SET at = excluded.at WHERE receipts.at IS NULL
"""
_WRITE_SIGNED = """
    INSERT INTO receipts (number, instance, node, at, public_key, signature) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (number, instance) DO UPDATE
    SET at = excluded.at, public_key = excluded.public_key, signature = excluded.signature WHERE receipts.at IS NULL
"""
_ERASURES = """
    SELECT changes.number, changes.kind, changes.at, receipts.node, receipts.at, nodes.seen + nodes.max_age,
        receipts.instance, {signature}
    FROM changes LEFT JOIN receipts USING (number) LEFT JOIN nodes USING (instance)
    WHERE kind IN ({kinds}) AND changes.number > ? ORDER BY changes.number, receipts.node
"""


class NodeRecord:
    """The row of one running copy. signer: None: receipts are not signed."""

    def __init__(
        self, database: Database, node: str, max_age: float, instance: str, signer: Signer | None = None
    ) -> None:
        self._database, self._node, self._max_age, self._instance = database, node, max_age, instance
        self._signer, self._signed = signer, 0

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
        for row in self._database.rows(_OWED, (number, self._instance, self._node)):
            self._write(*row)
        if self._signed:
            for row in self._database.rows(_OTHERS, (self._instance, self._signed, number, self._instance)):
                self._write(*row)
        self._signed = number

    def _write(self, number: int, erased: float, instance: str, at: float) -> None:
        values = (number, instance, self._node, at)
        if self._signer is None or self._database.schema_version < SIGNATURES_VERSION:
            self._database.change(_WRITE, values)
            return
        text = signed_text(number=number, erased=erased, node=self._node, instance=instance, at=at)
        self._database.change(_WRITE_SIGNED, (*values, self._signer.public_key, self._signer.sign(text)))

    def leave(self) -> None:
        """Delete the row: this copy names nobody any more."""
        self._database.change("DELETE FROM nodes WHERE instance = ?", (self._instance,))


class Receipt(NamedTuple):
    """What one node said of one erasure. at: when its copy was without the erased, Unix seconds; None until then.

    may_name_until: Unix seconds after which it names nobody before it has read the change; None where it is gone.
    text: what it says, as a node signs it.  public_key, signature: of the node; empty where it does not sign.
    """

    node: str
    at: float | None
    may_name_until: float | None
    text: bytes = b""
    public_key: bytes = b""
    signature: bytes = b""

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
    signature = "receipts.public_key, receipts.signature"
    if database.schema_version < SIGNATURES_VERSION:
        signature = "NULL, NULL"
    query = _ERASURES.format(kinds=_KINDS, signature=signature)
    for number, kind, at, node, signed, until, instance, *proof in database.rows(query, (after,)):
        text = b""
        if signed is not None:
            text = signed_text(number=number, erased=at, node=node, instance=instance, at=signed)
        receipts = (Receipt(node, signed, until, text, *(bytes(one or b"") for one in proof)),) if node else ()
        before = found.get(number, Erasure(number, kind, at, ()))
        found[number] = before._replace(receipts=before.receipts + receipts)
    return list(found.values())
