"""Makes the rules of a configuration."""

from configs.read import ConfigurationError
from pipeline.alerts.holiday_dates import is_holiday_by
from pipeline.alerts.rules.camera import CameraRule
from pipeline.alerts.rules.loitering import LoiteringRule
from pipeline.alerts.rules.missing import MissingRule
from pipeline.alerts.rules.nobody_else import NobodyElseRule
from pipeline.alerts.rules.person import PersonRule
from pipeline.alerts.rules.rule import Rule
from pipeline.alerts.rules.unknown import UnknownRule
from pipeline.alerts.schedule import Schedule
from pipeline.alerts.subjects import Subjects
from pipeline.alerts.text import check_template
from pipeline.settings.rooms.alerts import AlertSettings, Kind

KINDS: dict[Kind, type[Rule]] = {
    "person": PersonRule,
    "nobody_else": NobodyElseRule,
    "unknown": UnknownRule,
    "loitering": LoiteringRule,
    "camera": CameraRule,
    "missing": MissingRule,
}


def make_rules(settings: AlertSettings, subjects: Subjects) -> list[Rule]:
    """All rules, in their order. Raises ConfigurationError, which names the rule."""
    try:
        is_holiday = is_holiday_by(settings.holidays)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    rules = []
    for number, rule in enumerate(settings.rules):
        try:
            check_template(rule.text)
            rules.append(KINDS[rule.kind](rule, Schedule(rule.schedule, is_holiday), subjects))
        except ValueError as error:
            raise ConfigurationError(f"alerts.rules[{number}] {rule.name!r}: {error}") from None
    return rules
