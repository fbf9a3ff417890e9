"""Somebody did not come: each time of the schedule is one in which all of the people must be seen."""

from collections.abc import Iterator

from pipeline.alerts.cause import Cause
from pipeline.alerts.rules.known import find_known
from pipeline.alerts.rules.rule import Rule
from pipeline.alerts.schedule import Period
from pipeline.alerts.views import TrackView
from pipeline.site.site_time import minute

CHECKED = "checked"
"""The subject whose `seen_at` is the end of the last time that was looked at."""


class MissingRule(Rule):
    """Looks when a time of the schedule is over and all that was seen in it has arrived."""

    def begin(self, now: float) -> None:
        self.subjects.of(self.name, CHECKED).seen_at = now

    def on_track(self, track: TrackView) -> Cause | None:
        known = find_known(track, self.settings.false_alarm)
        if known and known.person in self.people:
            self.subjects.of(self.name, f"person/{known.person}").see(track)
        return None

    def on_time(self, now: float) -> Iterator[Cause]:
        checked = self.subjects.of(self.name, CHECKED)
        if checked.seen_at is None or checked.seen_at > now:  # new, or the clock was put back
            checked.seen_at = now
        for period in self.schedule.periods(checked.seen_at, now):
            if period.end > now:
                return
            if period.end > checked.seen_at:
                checked.seen_at = period.end
                yield from (
                    self._cause(person, period) for person in sorted(self.people) if self._missed(person, period, now)
                )

    def _missed(self, person: str, period: Period, now: float) -> bool:
        seen_at = self.subjects.of(self.name, f"person/{person}").seen_at
        return seen_at is None or not period.start <= seen_at <= now  # not in a future that the clock was put back from

    def _cause(self, person: str, period: Period) -> Cause:
        begin, end = (minute(at, self.schedule.zone) for at in period)
        return Cause(
            key=f"{person}/{period.end:.0f}",
            subject=f"person/{person}",
            at=period.end,
            who=person,
            what=f"was not seen between {begin} and {end}",
            node="",
            epoch="",
            camera="",
            person=person,
        )
