"""Follows the file of settings while alerts are raised: changed rules are taken up, the rest needs a restart."""

import logging
from collections.abc import Callable, Iterator

import msgspec

from pipeline.alerts.run import Alerts
from pipeline.settings.rooms.alerts import AlertRule, AlertSettings
from pipeline.settings.types import Settings

log = logging.getLogger("glimpse.alerts")

FREE = frozenset({"rules", "holidays", "max_age_seconds", "keep_days"})
"""Keys of the section `alerts` that can change while it is followed."""


class RuleFollower:
    """What `pipeline.reload.watch.ConfigWatch` calls, in its thread. read: the file now; raises where it is wrong."""

    def __init__(self, alerts: Alerts, settings: Settings, read: Callable[[], Settings]) -> None:
        self._alerts, self._used, self._read = alerts, settings, read
        self._told: tuple[str, ...] = ()

    def take_up(self) -> None:
        """Hand over changed rules, and name what needs a restart. Raises ConfigurationError; then nothing changes."""
        new = self._read()
        self._tell(tuple(_locked(self._used, new)))
        before, after = (_free_part(settings.alerts) for settings in (self._used, new))
        if before == after:
            return
        self._alerts.take_up(new.alerts)
        log.info("alerts: taken up: %s", ", ".join(describe(self._used.alerts, new.alerts)))
        self._used = msgspec.structs.replace(
            self._used, alerts=msgspec.structs.replace(self._used.alerts, **_free_part(new.alerts))
        )

    def _tell(self, locked: tuple[str, ...]) -> None:
        if locked and locked != self._told:
            log.warning("alerts: needs a restart: %s", ", ".join(locked))
        self._told = locked


def describe(old: AlertSettings, new: AlertSettings) -> Iterator[str]:
    """What differs, in words."""
    before, after = _by_name(old), _by_name(new)
    yield from (f"{name} removed" for name in before if name not in after)
    for name, rule in after.items():
        if name not in before:
            yield f"{name} added"
        elif rule != before[name]:
            word = "changed" if rule.enabled == before[name].enabled else "enabled" if rule.enabled else "paused"
            yield f"{name} {word}"
    yield from (key for key in sorted(FREE - {"rules"}) if getattr(old, key) != getattr(new, key))
    if list(before) != list(after) and before == after:
        yield "order of the rules"


def _by_name(settings: AlertSettings) -> dict[str, AlertRule]:
    return {rule.name: rule for rule in settings.rules}


def _free_part(settings: AlertSettings) -> dict[str, object]:
    return {key: getattr(settings, key) for key in FREE}


def _locked(old: Settings, new: Settings) -> Iterator[str]:
    """Names of what differs and is used from the start alone."""
    keys = [key for key in AlertSettings.__struct_fields__ if key not in FREE]
    yield from (f"alerts.{key}" for key in keys if getattr(old.alerts, key) != getattr(new.alerts, key))
    pairs = (
        ("events.bind", old.events.bind, new.events.bind),
        ("history.bind", old.history.bind, new.history.bind),
        ("node", old.node, new.node),
        ("site.timezone", old.site.timezone, new.site.timezone),
    )
    yield from (name for name, before, after in pairs if before != after)
