"""Everything that a configuration keeps or needs, and where: what a backup copies and `glimpse doctor` looks at."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pipeline.settings.rooms.deliveries import Webhook
from pipeline.settings.types import Settings

# Readers before what they read: a position that is older than an outbox is caught up, a newer one would skip.
STORES = (
    "history.file",
    "alerts.file",
    "mqtt.file",
    "webhooks.file",
    "mail.file",
    "collect.file",
    "web.accounts",
    "gallery",
    "alerts.outbox",
    "history.outbox",
    "events.outbox",
)
FILES = ("recognizer.calibration", "recognizer.profile", "selfcheck.file")
MODELS = ("detector.model", "recognizer.model")
KEYS = (
    "gallery_key",
    "events.curve",
    "alerts.curve",
    "alerts.bind_curve",
    "mqtt.curve",
    "webhooks.curve",
    "mail.curve",
    "collect.curve",
    "web.key",
    "web.certificate",
    "mqtt.key",
    "mqtt.certificate",
    "collect.redis.key",
    "collect.nats.key",
)


class Part(StrEnum):
    """What a place holds. KEYS: private keys, which no backup takes."""

    STORE = "store"
    FILE = "file"
    MODEL = "model"
    KEYS = "keys"
    FILM = "film"


@dataclass(frozen=True, slots=True)
class Kept:
    """One place. setting: its key in the configuration, `config` for the file itself.  place: path or address."""

    setting: str
    place: str
    part: Part


def kept_by(settings: Settings, config: Path | None = None) -> list[Kept]:
    """What the settings name, stores first; what is not set is left out."""
    found = [Kept(name, _value(settings, name), Part.STORE) for name in STORES]
    found += [Kept(f"cluster.folder.{path.parent.name}", str(path), Part.STORE) for path in _outboxes(settings)]
    found += [Kept("config", str(config.absolute()), Part.FILE)] if config else []
    found += [Kept(name, _value(settings, name), Part.FILE) for name in FILES]
    found += [Kept(f"webhooks.receivers.{one.name}.template", one.template, Part.FILE) for one in _templates(settings)]
    found += [Kept(name, _value(settings, name), Part.MODEL) for name in MODELS]
    found += [Kept(name, _value(settings, name), Part.KEYS) for name in KEYS]
    found.append(Kept("film.folder", settings.film.folder, Part.FILM))
    return _once([kept for kept in found if kept.place])


def _value(settings: object, name: str) -> str:
    for key in name.split("."):
        settings = getattr(settings, key)
    return str(settings)


def _outboxes(settings: Settings) -> list[Path]:
    """Of the workers of a cluster that ran on this machine."""
    folder = settings.cluster.folder
    return sorted(Path(folder).glob("*/outbox.db")) if folder else []


def _templates(settings: Settings) -> Iterator[Webhook]:
    return (one for one in settings.webhooks.receivers if Path(one.template).is_file())


def _once(found: list[Kept]) -> list[Kept]:
    """Each place once: `recognizer.profile` is the calibration too."""
    return list({kept.place: kept for kept in reversed(found)}.values())[::-1]
