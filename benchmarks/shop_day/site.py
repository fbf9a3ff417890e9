"""The settings of the shop, as its configuration file would have them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.shop_day.plan import CAMERAS
from pipeline.settings.load import make_settings
from pipeline.settings.types import Settings

NODE = "shop"
CLOSING = "20:00"
CLOSING_SECONDS = 11 * 3600.0  # after opening
WATCHED, RETURNING, CLOSED = "watch-list", "comes again", "after closing"
"""The names of the rules."""


def make_site(recognizer: str, gallery: Path, folder: Path, hook: str, people: Sequence[str], watched: Sequence[str]) -> Settings:
    """Settings with three rules.

    hook: address of the webhook's receiver.  people: who may be there after closing.  watched: who is on the watch-list.
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
                "rules": _rules(people, watched),
            },
            "webhooks": {"file": str(folder / "webhooks.db"), "receivers": [{"name": "phone", "url": hook}]},
        }
    )


def _rules(people: Sequence[str], watched: Sequence[str]) -> list[dict[str, Any]]:
    """Visits last three and a half seconds: whoever is seen for one second counts, and nobody is silenced for long."""
    night = {"times": [{"start": CLOSING, "end": "06:00"}]}
    brief = {"min_seconds": 1.0, "cooldown": 10.0}
    return [
        {"name": WATCHED, "kind": "person", "people": list(watched)},
        {"name": RETURNING, "kind": "unknown", "returning": 2, **brief},
        {"name": CLOSED, "kind": "nobody_else", "people": list(people), "schedule": night, **brief},
    ]
