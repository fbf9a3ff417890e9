"""Rules that change while alerts are raised: what is open, told or cooling stays, and nothing is told twice."""

import logging
from pathlib import Path

import pytest

from configs.read import ConfigurationError
from pipeline.alerts.following import FREE, RuleFollower, describe
from pipeline.events import TrackAction
from pipeline.settings.load import make_settings
from pipeline.settings.rooms.alerts import AlertSettings
from pipeline.settings.types import Settings
from tests.synthetic.alert_site import START, Site, rule, seen

BOB = rule("bob", people=["Bob"])
MORNING = {"times": [{"start": "07:00", "end": "09:00"}]}


def take_up(site: Site, *rules: object, **settings: object) -> None:
    site.alerts.take_up(AlertSettings(file=str(site.path), rules=rules, **settings))  # type: ignore[arg-type]


def test_a_new_rule_tells_of_whoever_is_there_once(tmp_path: Path) -> None:
    with Site(tmp_path) as site:
        site.give(site.track(1, evidence=seen("Bob")))
        assert site.rows == []
        take_up(site, BOB)
        for _ in range(3):
            site.give(site.track(1, evidence=seen("Bob")))
        site.give(site.track(1, evidence=seen("Bob"), action=TrackAction.END))
        assert site.actions == ["raised", "ended"]


def test_what_was_told_is_not_told_again_and_ends_by_a_rule_that_is_gone(tmp_path: Path) -> None:
    with Site(tmp_path, BOB) as site:
        site.give(site.track(1, evidence=seen("Bob")))
        take_up(site, rule("bob", people=["Bob", "Ada"], escalate_seconds=60))
        site.give(site.track(1, evidence=seen("Bob")))
        assert site.actions == ["raised"]
        take_up(site)
        site.give(site.track(1, evidence=seen("Bob"), action=TrackAction.END))
        assert site.actions == ["raised", "ended"]


def test_cooldowns_stay_with_the_name_of_their_rule(tmp_path: Path) -> None:
    with Site(tmp_path, rule("bob", people=["Bob"], cooldown=600)) as site:
        site.visit(1, "Bob")
        take_up(site, rule("bob", people=["Bob", "Ada"], cooldown=600))
        site.visit(2, "Bob")
        assert [row.track for row in site.rows] == [1]
        site.visit(3, "Ada")
        assert [row.track for row in site.rows] == [1, 3]


def test_an_open_alert_goes_on_escalating(tmp_path: Path) -> None:
    with Site(tmp_path, rule("bob", people=["Bob"], escalate_seconds=60)) as site:
        site.give(site.track(1, evidence=seen("Bob")))
        take_up(site, rule("other"))
        site.tick(61)
        assert [row.level for row in site.rows] == [1]


def test_a_paused_rule_tells_nothing_until_it_is_enabled(tmp_path: Path) -> None:
    with Site(tmp_path, rule("bob", people=["Bob"], enabled=False)) as site:
        site.give(site.track(1, evidence=seen("Bob")))
        site.tick(1)
        assert site.rows == []
        take_up(site, BOB)
        site.give(site.track(1, evidence=seen("Bob")))
        assert site.actions == ["raised"]


def test_a_paused_rule_goes_on_counting_visits(tmp_path: Path) -> None:
    again = {"kind": "unknown", "returning": 3, "away_seconds": 60, "cooldown": 0, "min_looks": 0, "min_seconds": 0}
    with Site(tmp_path, rule("again", enabled=False, **again)) as site:
        for number in (1, 2):
            site.give(site.track(number, evidence=seen()), site.person(number, group="unknown-1"))
            site.now += 100
        take_up(site, rule("again", **again))
        site.give(site.track(3, evidence=seen()), site.person(3, group="unknown-1"))
        assert [row.track for row in site.rows] == [3]


def test_somebody_is_not_missed_for_times_before_a_rule_or_its_schedule(tmp_path: Path) -> None:
    lee = rule("lee", kind="missing", people=["Lee"], schedule=MORNING)
    with Site(tmp_path, now=START) as site:  # 08:00
        site.tick()
        take_up(site, lee)
        site.tick(1)
        site.tick(3600)
        assert [row.text for row in site.rows] == [
            "lee: Lee was not seen between 07:00 UTC and 09:00 UTC, 2025-11-27 09:00:00 UTC"
        ]
        take_up(site)
        site.tick(2 * 86_400)
        take_up(site, lee)
        for _ in range(30):
            site.tick(1)
        take_up(
            site, rule("lee", kind="missing", people=["Lee"], schedule={"times": [{"start": "05:00", "end": "06:00"}]})
        )
        for _ in range(30):
            site.tick(1)
        assert len(site.rows) == 1


def test_somebody_who_came_while_a_rule_was_paused_is_not_missed(tmp_path: Path) -> None:
    lee = {"kind": "missing", "people": ["Lee"], "schedule": MORNING}
    with Site(tmp_path, rule("lee", enabled=False, **lee), now=START) as site:
        site.tick()
        site.visit(1, "Lee")
        take_up(site, rule("lee", **lee))
        site.tick(3600)
        assert site.rows == []


def test_a_kill_after_the_change_goes_on_with_what_was_told(tmp_path: Path) -> None:
    with Site(tmp_path) as site:
        take_up(site, BOB)
        site.give(site.track(1, evidence=seen("Bob")))
        site._settings = AlertSettings(file=str(site.path), rules=(BOB,))
        site.reopen()
        site.give(site.track(1, evidence=seen("Bob")))
        assert site.actions == ["raised"]


def settings(*rules: object, **sections: object) -> Settings:
    raw = {"alerts": {"file": "a.db", "rules": list(rules), **sections.pop("alerts", {})}, **sections}  # type: ignore[dict-item]
    return make_settings(raw, environment={})


def test_the_log_says_what_was_taken_up_and_what_needs_a_restart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    read = settings({"name": "bob"}, {"name": "old"})
    with Site(tmp_path) as site, caplog.at_level(logging.INFO, logger="glimpse"):
        follower = RuleFollower(site.alerts, read, lambda: read)
        follower.take_up()
        assert caplog.messages == []
        read = settings({"name": "bob", "cooldown": 1}, {"name": "new"}, alerts={"bind": "tcp://127.0.0.1:1"}, node="n")
        follower.take_up()
        follower.take_up()
        assert caplog.messages == [
            "alerts: needs a restart: alerts.bind, node",
            "alerts: taken up: old removed, bob changed, new added",
        ]


def test_rules_that_cannot_be_used_change_nothing(tmp_path: Path) -> None:
    with Site(tmp_path, BOB) as site:
        follower = RuleFollower(site.alerts, settings(), lambda: settings({"name": "bad", "text": "{nothing}"}))
        with pytest.raises(ConfigurationError, match=r"alerts.rules\[0\] 'bad'"):
            follower.take_up()
        site.give(site.track(1, evidence=seen("Bob")))
        assert site.actions == ["raised"]


def test_words_for_what_differs() -> None:
    old = AlertSettings(rules=(BOB, rule("ada")))
    assert list(describe(old, AlertSettings(rules=(rule("ada"), BOB)))) == ["order of the rules"]
    paused = AlertSettings(rules=(rule("bob", people=["Bob"], enabled=False), rule("ada")), keep_days=3)
    assert list(describe(old, paused)) == ["bob paused", "keep_days"]
    assert list(describe(paused, old)) == ["bob enabled", "keep_days"]
    assert set(AlertSettings.__struct_fields__) > FREE
