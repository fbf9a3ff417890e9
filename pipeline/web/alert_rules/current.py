"""The rules as the file of settings has them now, and where a page must not look for the file it was started with."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from pipeline.settings.rooms.alerts import AlertRule
from pipeline.web.room import Room

DEFAULT_FILE = "alerts.db"


def rules_of(room: Room) -> Sequence[AlertRule]:
    """The rules of the file now; those that the page was started with, where it cannot be read or there is none."""
    if room.config is None:
        return room.rules
    try:
        return room.config.read().settings.alerts.rules
    except ValueError:
        return room.rules


def default_file(plain: dict[str, Any]) -> str:
    """The file of alerts that the first rule brings: beside the history, as a path for the file of settings.

    plain: the file as it stands.  Empty where it names one, or where there is no place to derive from the text.
    """
    history, alerts = (plain.get(section) or {} for section in ("history", "alerts"))
    place = history.get("file") if isinstance(history, dict) else None
    has_one = isinstance(alerts, dict) and alerts.get("file")
    if has_one or not isinstance(place, str) or not place or "${" in place or "://" in place:
        return ""
    return str(PurePath(place).with_name(DEFAULT_FILE))
