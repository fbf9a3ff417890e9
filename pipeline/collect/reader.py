"""Reads the one stream: entries after a number, how far sources and bridges are, and what is lost."""

from typing import NamedTuple

from pipeline.collect.entry import Entry
from pipeline.history.database import Database

_ENTRIES = (
    "SELECT events.id, node, runs.epoch, topic, seq, arrived, body FROM events JOIN runs ON runs.id = run"
    " WHERE events.id > ? ORDER BY events.id LIMIT ?"
)

_SKIPPED = (
    "SELECT bridge, number, node, topic, seq, size, most, setting FROM skipped JOIN events ON events.id = number"
    " JOIN runs ON runs.id = run ORDER BY number DESC, bridge LIMIT ?"
)


class Source(NamedTuple):
    """arrived: when something of it was stored last, Unix seconds.  lost: events that are lost for good."""

    address: str
    node: str
    epoch: str
    arrived: float
    lost: int


class BridgeState(NamedTuple):
    """number: of the last entry that was passed on or left out.  behind: entries behind it.  error: empty: none.

    skipped: entries that are kept here, and that the other system never gets, as they are too large for it.
    """

    name: str
    number: int
    place: int
    behind: int
    error: str
    skipped: int = 0


class Skipped(NamedTuple):
    """An entry that a bridge has left out. size, most: bytes that it has, and may have there.  setting: says so."""

    bridge: str
    number: int
    node: str
    topic: str
    seq: int
    size: int
    most: int
    setting: str

    def describe(self) -> str:
        """A sentence."""
        return (
            f"entry {self.number} (node {self.node}, {self.topic}{self.seq}) is left out: expected at most"
            f" {self.most:,} bytes ({self.setting}), got {self.size:,}; it stays in the collection"
        )


class StreamReader:
    """A stream as it is stored. Raises like `Database`."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def entries(self, *, after: int, limit: int) -> list[Entry]:
        """The next entries in order. Raises KeyNeededError for one with faces whose key is not in the environment."""
        rows = self.database.rows(_ENTRIES, (after, limit))
        return [Entry(*values)._replace(body=self.database.cipher.open(bytes(values[-1]))) for values in rows]

    def entry(self, number: int) -> Entry | None:
        """The entry of this number; None where it is not kept."""
        found = self.entries(after=number - 1, limit=1)
        return found[0] if found and found[0].number == number else None

    def newest(self) -> int:
        """The number of the newest entry, or of the newest that was deleted; 0 for none."""
        return max(int(self.database.rows("SELECT coalesce(max(id), 0) FROM events")[0][0]), self.pruned())

    def pruned(self) -> int:
        """The highest number that was deleted."""
        return int(self.database.rows("SELECT value FROM figures WHERE name = 'pruned'")[0][0])

    def sizes(self, *, after: int, limit: int) -> list[int]:
        """Bytes of the next entries as they are stored."""
        query = "SELECT length(body) FROM events WHERE id > ? ORDER BY id LIMIT ?"
        return [int(size) for (size,) in self.database.rows(query, (after, limit))]

    def shifted(self, number: int, by: int, bridge: str) -> int:
        """The number of the entry that stands `by` entries after this one, of those that a bridge does not leave out;
        a negative `by`: before it."""
        sent = "id NOT IN (SELECT number FROM skipped WHERE bridge = ?)"
        if by >= 0:
            query = f"SELECT id FROM events WHERE id > ? AND {sent} ORDER BY id LIMIT ?"
            found = self.database.rows(query, (number, bridge, by))
            return int(found[-1][0]) if found else number
        query = f"SELECT id FROM events WHERE id <= ? AND {sent} ORDER BY id DESC LIMIT 1 OFFSET ?"
        found = self.database.rows(query, (number, bridge, -by))
        return int(found[0][0]) if found else 0

    def sources(self) -> list[Source]:
        lost = "(SELECT coalesce(sum(last - first + 1), 0) FROM gaps WHERE gaps.address = sources.address)"
        query = f"SELECT address, node, epoch, arrived, {lost} FROM sources ORDER BY address"
        return [Source(*values)._replace(lost=int(values[-1])) for values in self.database.rows(query)]

    def bridges(self) -> list[BridgeState]:
        behind = "(SELECT count(*) FROM events WHERE events.id > bridges.number)"
        skipped = "(SELECT count(*) FROM skipped WHERE skipped.bridge = bridges.name)"
        query = f"SELECT name, number, place, {behind}, error, {skipped} FROM bridges ORDER BY name"
        return [BridgeState(*row) for row in self.database.rows(query)]

    def skipped_between(self, bridge: str, first: int, last: int) -> set[int]:
        """Numbers of entries that a bridge has left out, from one number to another."""
        query = "SELECT number FROM skipped WHERE bridge = ? AND number BETWEEN ? AND ?"
        return {int(number) for (number,) in self.database.rows(query, (bridge, first, last))}

    def skipped(self, *, limit: int) -> list[Skipped]:
        """The newest entries that were left out, of all bridges, the newest first."""
        return [Skipped(*row) for row in self.database.rows(_SKIPPED, (limit,))]
