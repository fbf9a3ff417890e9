"""The settings of the shop, as its configuration file would have them."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.shop_day.day_clock import OPENING
from benchmarks.shop_day.plan import CAMERAS
from pipeline.settings.load import make_settings
from pipeline.settings.types import Settings

NODE = "shop"
OPEN_SHARE = 11 / 12  # of the day, until 20:00 of 12 hours
AWAY_SECONDS = 1800.0
WATCHED, RETURNING, CLOSED = "watch-list", "comes again", "after closing"
"""The names of the rules."""


def closing_seconds(seconds: float) -> float:
    """When a day of so many seconds closes, seconds after opening: on a full minute."""
    return round(OPEN_SHARE * seconds / 60) * 60.0


def make_site(
    recognizer: str,
    gallery: Path,
    folder: Path,
    hook: str,
    *,
    people: Sequence[str],
    watched: Sequence[str],
    seconds: float,
) -> Settings:
    """Settings with three rules.

    hook: address of the webhook's receiver.  people: who may be there after closing.  watched: who is on the
    watch-list.  seconds: of the day.
    """
    return make_settings(
        {
            "node": NODE,
            "gallery": str(gallery),
            "recognizer": {"model": recognizer},
            "cameras": [{"name": name, "source": name} for name in CAMERAS],
            "events": {"samples": "all"},
            "history": {"file": str(folder / "history.db"), "unknowns": True},
            "alerts": {
                "file": str(folder / "alerts.db"),
                "bind": f"ipc://{folder}/alerts",
                "outbox": str(folder / "alerts-outbox.db"),
                "rules": _rules(people, watched, seconds),
            },
            "webhooks": {"file": str(folder / "webhooks.db"), "receivers": [{"name": "phone", "url": hook}]},
        }
    )


def _rules(people: Sequence[str], watched: Sequence[str], seconds: float) -> list[dict[str, Any]]:
    """Visits last three and a half seconds: whoever is seen for one second counts, and nobody is silenced for long."""
    closing = OPENING + timedelta(seconds=closing_seconds(seconds))
    night = {"times": [{"start": f"{closing:%H:%M}", "end": "06:00"}]}
    away = min(AWAY_SECONDS, seconds / 10)
    brief = {"min_seconds": 1.0, "cooldown": 10.0}
    return [
        {"name": WATCHED, "kind": "person", "people": list(watched)},
        {"name": RETURNING, "kind": "unknown", "returning": 2, "away_seconds": away, **brief},
        {"name": CLOSED, "kind": "nobody_else", "people": list(people), "schedule": night, **brief},
    ]
