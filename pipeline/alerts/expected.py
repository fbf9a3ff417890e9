"""How many alerts a day a rule is to be expected to raise, and how many of them for strangers."""

from pipeline.alerts.rules.rule import Rule

WEEK_SECONDS = 7 * 86_400.0


def false_alerts_a_day(people: int, enrolled: int, rate: float, tracks: float) -> float:
    """How many strangers a day a watch-list takes for somebody on it.

    people: on the list.  enrolled: all in the gallery.  rate: chance that a stranger's track gets any enrolled person's
    name.  tracks: of strangers, a day.  A stranger is as likely taken for one person as for another.
    """
    return tracks * rate * (min(people, enrolled) / enrolled if enrolled else 0.0)


def share_of_week(rule: Rule, now: float) -> float:
    """The share of the coming week in which a rule holds, 0 to 1."""
    if rule.schedule.is_always:
        return 1.0
    before = now + WEEK_SECONDS
    periods = rule.schedule.periods(now, before)
    return sum(min(end, before) - max(start, now) for start, end in periods) / WEEK_SECONDS
