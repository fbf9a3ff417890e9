"""Who hears of alerts, and what stands in the way of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline.alerts.reader import AlertReader
from pipeline.settings.rooms.deliveries import Wanted
from pipeline.settings.types import Settings
from pipeline.web.alert_rules.words import listed

SILENT_SECONDS = 30.0


class Receiver(NamedTuple):
    """Where alerts go. limits: which of them alone, in words; empty: all."""

    name: str
    limits: str = ""


def receivers_of(settings: Settings) -> list[Receiver]:
    """Receivers of the file; their addresses may hold secrets, and are not shown."""
    found = [Receiver("this page")]
    found += [Receiver(f"webhook {hook.name}", _limits(hook)) for hook in settings.webhooks.receivers]
    if settings.mail.server:
        found.append(Receiver(f"mail to {len(settings.mail.recipients)}", _limits(settings.mail)))
    if settings.mqtt.broker:
        found.append(Receiver("MQTT"))
    return found


def say_receivers(settings: Settings) -> str:
    """All receivers, with what each leaves out."""
    names = [f"{one.name} ({one.limits})" if one.limits else one.name for one in receivers_of(settings)]
    return listed(names, "and")


def obstacles(settings: Settings, file: Path | None, now: float) -> Iterator[str]:
    """Sentences on what keeps alerts from being raised or passed on. file: of alerts, as the page knows it."""
    alerts = settings.alerts
    if settings.events.bind == "none" and not alerts.buses:
        yield "No alert can be raised: the node publishes nothing. Set events.bind, and start it again."
    if len(receivers_of(settings)) > 1 and alerts.bind == "none":
        yield "Only this page hears of alerts: set alerts.bind, and start the processes again."
    if alerts.rules and file is not None and not _is_heard(file, now):
        yield (
            "No alerts process hears the node now. glimpse run --web starts one; "
            "beside other runs start glimpse alerts run."
        )


def _is_heard(file: Path, now: float) -> bool:
    """Whether a process that keeps this file has heard a node just now."""
    try:
        with AlertReader(file) as reader:
            heard = reader.last_heard()
    except (OSError, ValueError):
        return False
    return heard is not None and abs(now - heard) < SILENT_SECONDS


def _limits(wanted: Wanted) -> str:
    kinds = (("rules", wanted.rules), ("people", wanted.people), ("cameras", wanted.cameras))
    parts = [f"{kind} {', '.join(names)}" for kind, names in kinds if names]
    if wanted.min_level:
        parts.append(f"level {wanted.min_level} and higher")
    return f"only {'; '.join(parts)}" if parts else ""
