"""Alerts in SQLite: each cause raises one, whatever is killed when, and what happens to it waits to be published."""

import hashlib
from typing import Any

import msgspec

from pipeline.alerts.cause import Cause
from pipeline.alerts.database import Database
from pipeline.alerts.escalation import first_step, next_step
from pipeline.alerts.views import TrackKey
from pipeline.events import AlertAction, AlertEvent, decode, encode

RESUMED = "-resumed"
DAY_SECONDS = 86_400.0
SLEW_SECONDS = 60.0  # by which a clock is put right without anybody's doing
SEEN_DAYS = 8.0  # an outbox keeps events for a week
_OF_EVENT = (
    "alert, rule, text, level, happened_at, of_node, of_epoch, camera, track, person, grp, false_alarm, face_px, crop"
)


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule says of its alerts. kind: of the rule."""

    rule: str
    kind: str
    escalate_seconds: float = 0.0
    max_level: int = 0


class AlertStore:
    """Writes alerts. All methods but `acknowledge` belong into a transaction of the caller."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @property
    def newest(self) -> float | None:
        """When the newest alert was raised, Unix seconds; None where there is none."""
        [(raised_at,)] = self.database.rows("SELECT max(raised_at) FROM alerts")
        return None if raised_at is None else float(raised_at)

    def raise_alert(
        self, terms: Terms, cause: Cause, text: str, now: float, *, crop: bytes, known_as: list[str]
    ) -> bool:
        """Raise an alert; False where this cause has raised one. known_as: everybody its track was or may have been."""
        if self._was_raised_before_resuming(terms.rule, cause):
            return False
        step = first_step(now, terms.escalate_seconds, terms.max_level)
        name = name_alert(terms.rule, cause.key)
        fields = (cause.node, cause.epoch, cause.camera, cause.track, cause.person, cause.group)
        told = (cause.false_alarm, cause.face_px, text, self._seal(crop))
        figures = (*told, terms.max_level, terms.escalate_seconds, step.next_at)
        added = self.database.change(
            "INSERT INTO alerts (alert, rule, kind, cause, fingerprint, happened_at, raised_at, of_node, of_epoch,"
            " camera, track, person, grp, known_as, false_alarm, face_px, text, crop, max_level, escalate_seconds,"
            " next_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (
                *(name, terms.rule, terms.kind, cause.key, cause.fingerprint, cause.at, now, *fields),
                *(msgspec.json.encode(known_as).decode(), *figures),
            ),
        )
        if added:
            self._publish(name, AlertAction.RAISED, cause.at)
        return added > 0

    def end_alert(self, rule: str, cause: str, now: float) -> None:
        """Say that what raised an alert is over; nothing where there is none, or it has ended.

        The alert of a camera that is back escalates no more.
        """
        for (name,) in self.database.rows(
            "UPDATE alerts SET ended_at = ?, next_at = CASE kind WHEN 'camera' THEN NULL ELSE next_at END"
            " WHERE rule = ? AND cause = ? AND ended_at IS NULL RETURNING alert",
            (now, rule, cause),
        ):
            self._publish(name, AlertAction.ENDED, now)

    def acknowledge(self, alert: str, by: str, now: float) -> bool:
        """Note that somebody has seen to it, in a transaction of its own; False where that is noted already.

        Raises ValueError for an alert that does not exist.
        """
        with self.database.writing():
            changed = self.database.change(
                "UPDATE alerts SET acknowledged_at = ?, acknowledged_by = ?, next_at = NULL"
                " WHERE alert = ? AND acknowledged_at IS NULL",
                (now, by, alert),
            )
            if not changed and not self.database.rows("SELECT 1 FROM alerts WHERE alert = ?", (alert,)):
                raise ValueError(f"alert {alert[:64]!r}: there is no such alert in {self.database.path}")
            if changed:
                self._publish(alert, AlertAction.ACKNOWLEDGED, now, by=by)
        return changed > 0

    def escalate(self, now: float) -> int:
        """Take alerts that are due up by one level; returns how many.

        One that waits for longer than its rule says is due: the clock was put back since.
        """
        due = self.database.rows(
            "SELECT alert, level, escalate_seconds, max_level FROM alerts"
            " WHERE next_at IS NOT NULL AND (next_at <= ? OR next_at - escalate_seconds > ?) ORDER BY id",
            (now, now + SLEW_SECONDS),
        )
        for name, level, seconds, max_level in due:
            step = next_step(level, now, seconds, max_level)
            self.database.change("UPDATE alerts SET level = ?, next_at = ? WHERE alert = ?", (*step, name))
            self._publish(name, AlertAction.ESCALATED, now)
        return len(due)

    def note_crop(self, track: TrackKey, crop: bytes) -> None:
        """Keep a better crop of a track with the alerts that it raised."""
        node, epoch, camera, number = track
        self.database.change(
            "UPDATE alerts SET crop = ? WHERE of_epoch = ? AND camera = ? AND track = ? AND of_node = ?",
            (self._seal(crop), epoch, camera, number, node),
        )

    def note_person(self, track: TrackKey, person: str) -> None:
        """Note that a track which raised alerts is or may be somebody, so that erasing them finds its crops."""
        node, epoch, camera, number = track
        key = (epoch, camera, number, node)
        where = "WHERE of_epoch = ? AND camera = ? AND track = ? AND of_node = ?"
        for row, known in self.database.rows(f"SELECT id, known_as FROM alerts {where}", key):
            names = msgspec.json.decode(known, type=list[str])
            if person not in names:
                body = msgspec.json.encode([*names, person]).decode()
                self.database.change("UPDATE alerts SET known_as = ? WHERE id = ?", (body, row))

    def note_name(self, previous: str, person: str) -> None:
        """Note the new name of somebody with all alerts of tracks that were or may have been them."""
        for row, known in self.database.rows("SELECT id, known_as FROM alerts"):
            names = msgspec.json.decode(known, type=list[str])
            if previous in names and person not in names:
                body = msgspec.json.encode([*names, person]).decode()
                self.database.change("UPDATE alerts SET known_as = ? WHERE id = ?", (body, row))

    def outgoing(self, limit: int = 100) -> list[tuple[int, AlertEvent]]:
        """Events that wait to be published, the oldest first."""
        found = []
        for row, body in self.database.rows("SELECT id, body FROM outgoing ORDER BY id LIMIT ?", (limit,)):
            event = decode(self.database.cipher.open(body))
            assert isinstance(event, AlertEvent)
            found.append((row, event))
        return found

    def remove_outgoing(self, last: int) -> None:
        """Forget the events up to this one, as they are published."""
        self.database.change("DELETE FROM outgoing WHERE id <= ?", (last,))

    def prune(self, now: float, keep_days: float) -> None:
        """Delete what is older than the limits. now: Unix seconds, of a clock that does not jump ahead."""
        oldest = now - keep_days * DAY_SECONDS
        self.database.change("DELETE FROM alerts WHERE raised_at < ?", (oldest,))
        self.database.change("DELETE FROM subjects WHERE last < ?", (oldest,))
        self.database.change("DELETE FROM seen WHERE at < ?", (now - SEEN_DAYS * DAY_SECONDS,))

    def _was_raised_before_resuming(self, rule: str, cause: Cause) -> bool:
        """Whether the run that this one repeats has raised the same alert."""
        if not cause.epoch.endswith(RESUMED) or not cause.fingerprint:
            return False
        query = (
            "SELECT 1 FROM alerts WHERE rule = ? AND of_node = ? AND camera = ? AND track IS ? AND person IS ?"
            " AND fingerprint = ? AND of_epoch <> ?"
        )
        values = (rule, cause.node, cause.camera, cause.track, cause.person, cause.fingerprint, cause.epoch)
        return bool(self.database.rows(query, values))

    def _publish(self, name: str, action: AlertAction, wall_time: float, *, by: str | None = None) -> None:
        [row] = self.database.rows(f"SELECT {_OF_EVENT} FROM alerts WHERE alert = ?", (name,))
        event = _event((*row[:-1], self.database.cipher.open_sound(row[-1]) or b""), action, wall_time, by)
        self.database.change("INSERT INTO outgoing (body) VALUES (?)", (self._seal(encode(event)),))

    def _seal(self, data: bytes) -> bytes:
        return self.database.cipher.seal(data)


def name_alert(rule: str, cause: str) -> str:
    """What identifies an alert: the same for the same cause, in whatever file or run."""
    return hashlib.sha256(f"{rule}\0{cause}".encode("utf-8", "backslashreplace")).hexdigest()[:16]


def _event(row: tuple[Any, ...], action: AlertAction, wall_time: float, by: str | None) -> AlertEvent:
    alert, rule, text, level, _, node, epoch, camera, track, person, group, false_alarm, face_px, crop = row
    return AlertEvent(
        node="",
        epoch="",
        camera=camera,
        seq=0,
        wall_time=round(wall_time, 6),
        alert=alert,
        action=action,
        rule=rule,
        text=text,
        level=level,
        of_node=node,
        of_epoch=epoch,
        track=track,
        person=person,
        group=group,
        false_alarm=false_alarm,
        face_px=face_px,
        by=by,
        crop=bytes(crop),
    )
