"""Rules as pages show them: in words, and with what a change of them must send."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.settings.rooms.alerts import AlertRule
from pipeline.web.alert_rules.current import default_file
from pipeline.web.alert_rules.hearers import obstacles, say_receivers
from pipeline.web.alert_rules.words import KINDS, say_rule
from pipeline.web.config_change import check_writable, version_of
from pipeline.web.room import Room, UnavailableError


class ShownRule(NamedTuple):
    """number: its place in the file.  is_own: whether it is about one person alone, as a click on their page makes."""

    number: int
    rule: AlertRule
    kind: str
    words: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class ShownRules:
    """digest: of the file; empty where the page cannot change it.  locked: why not; empty where it can.

    receivers: whom alerts go to, in words.  missing: sentences on what keeps alerts
    from being told.
    """

    rules: list[ShownRule]
    digest: str = ""
    locked: str = ""
    receivers: str = ""
    missing: tuple[str, ...] = ()

    @property
    def own(self) -> ShownRule | None:
        """The rule about one person alone."""
        return next((one for one in self.rules if one.is_own), None)


def rules_shown(room: Room, *, about: str | None = None) -> ShownRules:
    """The rules of the file; those that the page was started with, where it has none. about: only this person's."""
    try:
        version = version_of(room)
    except UnavailableError as error:
        return ShownRules(_shown(room.rules, about), locked=str(error))
    settings = version.settings
    locked = check_writable(room)
    if not (locked or settings.alerts.file or default_file(version.plain)):
        locked = "Rules need a file for alerts: set alerts.file in the settings file, then start the page again."
    return ShownRules(
        _shown(settings.alerts.rules, about),
        version.digest,
        locked,
        say_receivers(settings),
        tuple(obstacles(settings, room.alerts, room.clock())),
    )


def _shown(rules: Sequence[AlertRule], about: str | None) -> list[ShownRule]:
    return [
        ShownRule(number, rule, KINDS[rule.kind][0], say_rule(rule), _is_own(rule, about))
        for number, rule in enumerate(rules)
        if about is None or _concerns(rule, about)
    ]


def _is_own(rule: AlertRule, about: str | None) -> bool:
    return rule.kind == "person" and about is not None and rule.people == (about,)


def _concerns(rule: AlertRule, name: str) -> bool:
    return name in rule.people or (rule.kind == "person" and not rule.people)
