"""Deletes what a history may keep no longer, in small steps, so that no step holds the file for long."""

import time
from collections.abc import Callable, Sequence
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from configs.fields import Unit
from pipeline.history.database import Database

STEP_ROWS = 500  # deleted in one transaction, of each kind
STEP_PAGES = 500  # of 4 KiB, given back to the disk
DAY_SECONDS = 86_400.0
MB = 1_000_000
Days = Annotated[float, Meta(gt=0, le=36_500), Unit("d")]
Megabytes = Annotated[float, Meta(gt=0, le=1e9), Unit("MB")]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how much is kept of each kind. Crops and templates go with their track at the latest.

    unknown_days: of crops and templates of tracks without the name of somebody enrolled, beside the other limits.
    """

    event_days: Annotated[Days, Meta(description="how long events are kept")] = 30.0
    track_days: Annotated[Days, Meta(description="how long tracks are kept")] = 365.0
    crop_days: Annotated[Days, Meta(description="how long crops are kept")] = 30.0
    template_days: Annotated[Days, Meta(description="how long templates are kept")] = 365.0
    unknown_days: Annotated[
        Days, Meta(description="how long crops and templates of people who are not enrolled are kept")
    ] = 7.0
    event_mb: Annotated[Megabytes, Meta(description="most megabytes of events")] = 5_000.0
    crop_mb: Annotated[Megabytes, Meta(description="most megabytes of crops")] = 5_000.0
    template_mb: Annotated[Megabytes, Meta(description="most megabytes of templates")] = 1_000.0


class _Rule(NamedTuple):
    """What of a table is too old. key: its rows.  data: the column that `usage` counts.  order: the oldest first."""

    table: str
    key: str
    data: str
    order: str
    max_bytes: float


class Retention:
    """Applies limits to a history. unknowns: False: nothing of tracks without a name is kept at all.

    clock: Unix seconds.
    """

    def __init__(
        self, database: Database, limits: Limits, *, unknowns: bool, clock: Callable[[], float] = time.time
    ) -> None:
        self._database, self._limits, self._unknowns, self._clock = database, limits, unknowns, clock
        self._rules = (
            _Rule("events", "id", "body", "recorded_at", limits.event_mb * MB),
            _Rule("crops", "track", "data", "named, recorded_at", limits.crop_mb * MB),
            _Rule("templates", "track", "data", "named, recorded_at", limits.template_mb * MB),
        )

    def step(self) -> bool:
        """Delete some rows that are too old or too many; whether there may be more. Raises like `Database`."""
        with self._database.writing():
            deleted = [self._delete_old_tracks(), *map(self._delete_old, self._rules)]
            deleted += map(self._delete_surplus, self._rules)
            self._database.change("DELETE FROM gaps WHERE recorded_at < ?", (self._oldest(self._limits.event_days),))
        more_free = self._database.give_back(STEP_PAGES)
        return any(deleted) or more_free

    def _oldest(self, days: float) -> float:
        return self._clock() - days * DAY_SECONDS

    def _delete_old_tracks(self) -> int:
        old = self._database.rows(
            "SELECT id FROM tracks WHERE recorded_at < ? ORDER BY recorded_at LIMIT ?",
            (self._oldest(self._limits.track_days), STEP_ROWS),
        )
        rows = [row for (row,) in old]
        for rule in self._rules[1:]:
            self._delete(rule, rows)
        for table, key in (("verdicts", "track"), ("tracks", "id")) if rows else ():
            self._database.change(f"DELETE FROM {table} WHERE {key} IN ({_marks(rows)})", tuple(rows))
        return len(rows)

    def _delete_old(self, rule: _Rule) -> int:
        limits = self._limits
        if rule.table == "events":
            return self._delete_where(rule, "recorded_at < ?", self._oldest(limits.event_days))
        days = limits.crop_days if rule.table == "crops" else limits.template_days
        unnamed = self._oldest(min(days, limits.unknown_days)) if self._unknowns else float("inf")
        named = self._delete_where(rule, "named = 1 AND recorded_at < ?", self._oldest(days))
        return named + self._delete_where(rule, "named = 0 AND recorded_at < ?", unnamed)

    def _delete_where(self, rule: _Rule, condition: str, oldest: float) -> int:
        query = f"SELECT {rule.key} FROM {rule.table} WHERE {condition} ORDER BY recorded_at LIMIT {STEP_ROWS}"
        return self._delete(rule, [row for (row,) in self._database.rows(query, (oldest,))])

    def _delete_surplus(self, rule: _Rule) -> int:
        """Delete the oldest rows while all together have too many bytes; those of strangers go first."""
        [(used,)] = self._database.rows("SELECT bytes FROM usage WHERE kind = ?", (rule.table,))
        if used <= rule.max_bytes:
            return 0
        query = f"SELECT {rule.key}, length({rule.data}) FROM {rule.table} ORDER BY {rule.order} LIMIT {STEP_ROWS}"
        rows = []
        for row, size in self._database.rows(query):
            if used <= rule.max_bytes:
                break
            rows.append(row)
            used -= size
        return self._delete(rule, rows)

    def _delete(self, rule: _Rule, rows: Sequence[int]) -> int:
        if not rows:
            return 0
        query = f"DELETE FROM {rule.table} WHERE {rule.key} IN ({_marks(rows)}) RETURNING length({rule.data})"
        sizes = [size for (size,) in self._database.rows(query, tuple(rows))]
        self._database.change("UPDATE usage SET bytes = bytes - ? WHERE kind = ?", (sum(sizes), rule.table))
        return len(sizes)


def _marks(rows: Sequence[int]) -> str:
    return ", ".join("?" * len(rows))
