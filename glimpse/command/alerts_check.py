"""What each rule is to be expected to do: when it holds, and how often it would have told in the last week."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.alerts.expected import WEEK_SECONDS, false_alerts_a_day, share_of_week
from pipeline.alerts.rules.make import make_rules
from pipeline.alerts.rules.rule import Rule
from pipeline.alerts.subjects import Subjects
from pipeline.history.reader import HistoryReader, TrackRow, Wanted
from pipeline.settings.types import Settings
from pipeline.site.site_time import iso
from recognizer.base import State
from recognizer.gallery.database import may_exist
from recognizer.gallery.store import Gallery

DAYS = WEEK_SECONDS / 86_400.0
MAX_TRACKS = 200_000


def check_rules(settings: Settings, *, now: float | None = None) -> list[dict[str, Any]]:
    """An object for each rule, as docs/alerts.md describes it. Raises ConfigurationError."""
    now = time.time() if now is None else now
    rules = make_rules(settings.alerts, Subjects(lambda rule, subject: None))
    tracks = _tracks_of_last_week(settings, now)
    enrolled = _enrolled(settings)
    return [_check(rule, settings, now, tracks, enrolled) for rule in rules]


def _check(
    rule: Rule, settings: Settings, now: float, tracks: Sequence[TrackRow] | None, enrolled: list[str] | None
) -> dict[str, Any]:
    change = rule.schedule.next_change(now)
    found: dict[str, Any] = {
        "rule": rule.name,
        "kind": rule.settings.kind,
        "holds_now": rule.schedule.is_active(now),
        "next_change": None if change is None else iso(change, of=rule.schedule.zone),
        "share_of_week": round(share_of_week(rule, now), 4),
        "not_enrolled": None if enrolled is None else sorted(rule.people.difference(enrolled)),
        "alerts_a_day": None,
        "false_alerts_a_day": None,
    }
    if tracks is not None:
        held = [row for row in tracks if rule.watches(row.camera) and rule.schedule.is_active(row.first_seen)]
        if (count := _would_tell(rule, held)) is not None:
            found["alerts_a_day"] = round(count / DAYS, 2)
        if rule.settings.kind == "person" and enrolled:
            strangers = sum(row.state != State.NAMED for row in held) / DAYS
            rate = rule.settings.false_alarm or settings.decision.false_alarm
            people = len(rule.people.intersection(enrolled)) if rule.people else len(enrolled)
            found["false_alerts_a_day"] = float(f"{false_alerts_a_day(people, len(enrolled), rate, strangers):.3g}")
    return found


def _would_tell(rule: Rule, tracks: Sequence[TrackRow]) -> int | None:
    """How many of these tracks would raise an alert, without cooldown; None where tracks do not tell."""
    settings = rule.settings
    long = [row for row in tracks if row.last_seen - row.first_seen >= settings.min_seconds]
    large = [row for row in long if row.face_px >= settings.min_px]
    match settings.kind:
        case "person":
            return sum(row.state == State.NAMED and (not rule.people or row.person in rule.people) for row in tracks)
        case "nobody_else":
            others = [row for row in tracks if row.state == State.NAMED and row.person not in rule.people]
            return len(others) + sum(row.state != State.NAMED for row in large)
        case "unknown":
            return None if settings.returning else sum(row.state != State.NAMED for row in large)
        case "loitering":
            return None if settings.within_seconds else len(large)
    return None


def _tracks_of_last_week(settings: Settings, now: float) -> list[TrackRow] | None:
    """None without a history in a file."""
    file = settings.history.file
    if not file or "://" in file or not Path(file).exists():
        return None
    with HistoryReader(Path(file)) as reader:
        return reader.tracks(Wanted(since=now - WEEK_SECONDS), limit=MAX_TRACKS)


def _enrolled(settings: Settings) -> list[str] | None:
    """Names of everybody enrolled; None without a gallery."""
    if not settings.gallery or not may_exist(settings.gallery):
        return None
    with Gallery(settings.gallery, read_only=True) as gallery:
        return [person.name for person in gallery.people()]
