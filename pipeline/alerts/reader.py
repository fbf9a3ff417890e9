"""Questions to a file of alerts: pages of alerts, the newest first, and one of them with its crop."""

from pathlib import Path
from typing import NamedTuple, Self

import msgspec

from pipeline.alerts.database import Database
from pipeline.alerts.views import NodeView

COLUMNS = (
    "id, alert, rule, kind, text, level, happened_at, raised_at, of_node, of_epoch, camera, track, person, grp,"
    " false_alarm, face_px, length(crop) > 0, ended_at, acknowledged_at, acknowledged_by"
)


class AlertRow(NamedTuple):
    """An alert. id: its number in this file, by which pages go.  alert: what identifies it on the bus.

    kind: of its rule.  happened_at, raised_at, ended_at, acknowledged_at: Unix seconds.  group: the unknown person.
    """

    id: int
    alert: str
    rule: str
    kind: str
    text: str
    level: int
    happened_at: float
    raised_at: float
    of_node: str
    of_epoch: str
    camera: str
    track: int | None
    person: str | None
    group: str | None
    false_alarm: float | None
    face_px: float | None
    has_crop: bool
    ended_at: float | None
    acknowledged_at: float | None
    acknowledged_by: str | None

    @property
    def is_open(self) -> bool:
        """Whether nobody has acknowledged it."""
        return self.acknowledged_at is None


class AlertFilter(NamedTuple):
    """Which alerts are asked for; None: all. since, before: Unix seconds between which they were raised.

    is_open: True: those that nobody has acknowledged.
    """

    rule: str | None = None
    camera: str | None = None
    person: str | None = None
    since: float | None = None
    before: float | None = None
    is_open: bool | None = None


_CONDITIONS = (
    "rule = ?",
    "camera = ?",
    "person = ?",
    "raised_at >= ?",
    "raised_at < ?",
    "(acknowledged_at IS NULL) = ?",
)
"""In the order of the fields of AlertFilter."""


class AlertReader:
    """Reads a file of alerts, also while it is written. Raises like `Database`."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, read_only=True)

    def alerts(self, wanted: AlertFilter | None = None, *, after: int | None = None, limit: int = 50) -> list[AlertRow]:
        """A page of alerts, the newest first. after: `id` of the last one of the page before."""
        asked = zip(_CONDITIONS, wanted or AlertFilter(), strict=True)
        given = {condition: value for condition, value in asked if value is not None}
        conditions = [*given, *["id < ?"] * (after is not None)]
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        values = (*given.values(), *([] if after is None else [after]), limit)
        return self._rows(f"{where} ORDER BY id DESC LIMIT ?", values)

    def alert(self, alert: str) -> AlertRow | None:
        """One alert by what identifies it; None where there is none."""
        return next(iter(self._rows("WHERE alert = ?", (alert,))), None)

    def crop(self, alert: str) -> bytes | None:
        """The crop of an alert, JPEG; None where it has none."""
        found = self._database.rows("SELECT crop FROM alerts WHERE alert = ? AND length(crop) > 0", (alert,))
        return self._database.cipher.open_sound(bytes(found[0][0])) if found else None

    def count_open(self) -> int:
        """How many alerts nobody has acknowledged."""
        return int(self._database.rows("SELECT count(*) FROM alerts WHERE acknowledged_at IS NULL")[0][0])

    def last_heard(self) -> float | None:
        """When the process that writes this file last heard a node, Unix seconds; None: never."""
        rows = self._database.rows("SELECT body FROM state WHERE name LIKE 'node/%'")
        heard = (msgspec.json.decode(body, type=NodeView).heard for (body,) in rows)
        return max((at for at in heard if at), default=None)

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rows(self, rest: str, values: tuple[object, ...]) -> list[AlertRow]:
        rows = self._database.rows(f"SELECT {COLUMNS} FROM alerts {rest}", values)
        return [AlertRow(*row)._replace(has_crop=bool(row[16])) for row in rows]
