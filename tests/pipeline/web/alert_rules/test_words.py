"""A rule in a sentence says whom, where and when it is about."""

import pytest

from configs.read import to_settings
from pipeline.settings.rooms.alerts import AlertRule
from pipeline.web.alert_rules.words import say_rule

NIGHT = {"zone": "Europe/Berlin", "times": [{"days": ["mon", "tue"], "start": "20:00", "end": "06:00"}]}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, "When anybody enrolled comes · all cameras · always"),
        ({"people": ["Ada", "Ben", "Cleo"], "cameras": ["door", "till"]}, "When Ada, Ben or Cleo comes · door or till"),
        (
            {"kind": "nobody_else", "people": ["Kim"], "schedule": NIGHT},
            "When anybody but Kim comes · all cameras · Mon",
        ),
        ({"kind": "nobody_else", "schedule": NIGHT}, "Mon, Tue 20:00 to 06:00 (Europe/Berlin)"),
        (
            {"schedule": {"times": [{"start": 1200, "holidays": "only"}]}},
            "every day 20:00 to 24:00, on holidays alone (UTC)",
        ),
        ({"kind": "unknown", "returning": 3}, "When a stranger comes for visit 3 or later"),
        (
            {"kind": "loitering", "min_seconds": 90, "people": ["Kim"]},
            "When anybody but Kim stays 1 min 30 s or longer",
        ),
        ({"kind": "camera"}, "When a camera is down for 30 s"),
        ({"kind": "missing", "people": ["Lee"], "schedule": NIGHT}, "When Lee did not come"),
        ({"false_alarm": 0.001}, "false alarm 1 in 1,000"),
    ],
)
def test_what_it_says(rule: dict[str, object], expected: str) -> None:
    assert expected in say_rule(to_settings({"name": "r", **rule}, AlertRule))
