"""Our own clock jumps ahead, is put right again, and neither silences a rule nor erases an alert."""

from pathlib import Path

import pytest

from pipeline.alerts.late import RULE as LATE
from tests.synthetic.alert_site import START, Site, rule, seen

DAY, YEAR = 86_400.0, 365 * 86_400.0
MORNING = {"zone": "UTC", "times": [{"start": "08:00", "end": "09:00"}]}


def at_day(day: int, clock: str = "08:30") -> float:
    hours, minutes = map(int, clock.split(":"))
    return START // DAY * DAY + day * DAY + hours * 3600 + minutes * 60


@pytest.mark.parametrize("visits_after", [False, True])
def test_somebody_who_was_seen_in_the_future_is_missed_again(tmp_path: Path, visits_after: bool) -> None:
    with Site(tmp_path, rule("school", kind="missing", people=["Bob"], schedule=MORNING)) as site:
        site.tick()
        site.now = at_day(0) + YEAR
        site.visit(1, "Bob")
        site.now = at_day(0, "07:00")
        site.tick()
        for day in range(3):
            site.now = at_day(day)
            if visits_after and day == 1:
                site.visit(10 + day, "Bob")
            site.tick()
            site.now = at_day(day, "09:01")
            site.tick()
        days = {row.happened_at // DAY - START // DAY for row in site.rows if row.raised_at < START + YEAR / 2}
        assert days == ({0, 2} if visits_after else {0, 1, 2})


def test_visits_count_again_after_one_in_the_future(tmp_path: Path) -> None:
    with Site(tmp_path, rule("again", kind="unknown", returning=3, cooldown=0)) as site:
        site.give(site.person(1, group="unknown-5"))
        site.visit(1)
        site.now += YEAR
        site.give(site.person(2, group="unknown-5"))
        site.visit(2)
        assert site.rows == []
        site.now -= YEAR - DAY
        for number in (3, 4):
            site.give(site.person(number, group="unknown-5"))
            site.visit(number)
            site.now += DAY
        assert [row.track for row in site.rows] == [4]


def test_a_stay_in_the_future_is_no_part_of_one_today(tmp_path: Path) -> None:
    wait = rule("wait", kind="loitering", min_seconds=100, within_seconds=600, cooldown=0)
    with Site(tmp_path, wait) as site:
        site.now += YEAR
        site.visit(1, "Bob", seconds=90)
        site.now -= YEAR
        site.visit(2, "Bob", seconds=90)
        assert site.rows == []
        site.visit(3, "Bob", seconds=15)
        assert [row.track for row in site.rows] == [3]


def test_what_came_late_is_told_though_the_clock_was_put_back(tmp_path: Path) -> None:
    with Site(tmp_path, rule("bob", people=["Bob"])) as site:
        site.give(site.track(1, evidence=seen("Bob"), wall_time=site.now - 4000), tick=False)
        site.now -= YEAR
        site.tick(1)
        assert [row.rule for row in site.rows] == [LATE]


def test_an_alert_that_was_raised_in_the_future_goes_up_in_time(tmp_path: Path) -> None:
    with Site(tmp_path, rule("bob", escalate_seconds=600, max_level=2)) as site:
        site.now += YEAR
        site.visit(1, "Bob")
        site.now -= YEAR
        site.tick(1)
        assert site.actions == ["raised", "ended", "escalated"]
        site.now -= 30.0  # a clock that is put right by seconds escalates nothing
        site.tick(1)
        assert site.actions == ["raised", "ended", "escalated"]
        site.tick(631)
        assert [event.level for event in site.told] == [0, 0, 1, 2]


def test_a_wrong_year_for_some_minutes_erases_no_alert(tmp_path: Path) -> None:
    with Site(tmp_path, rule("bob", people=["Bob"]), keep_days=10.0) as site:
        site.visit(1, "Bob")
        for year in (YEAR, -YEAR):
            site.now += year
            for _ in range(4):
                site.tick(60)
            site.reopen()  # the process starts by the wrong clock, too
            site.tick(60)
        assert len(site.rows) == 1


def test_alerts_go_in_time_though_none_is_raised_any_more(tmp_path: Path) -> None:
    with Site(tmp_path, rule("bob", people=["Bob"]), keep_days=10.0) as site:
        site.visit(1, "Bob")
        site.now += 11 * DAY
        site.reopen()
        for _ in range(80):
            site.tick(60)
        assert site.rows == []
