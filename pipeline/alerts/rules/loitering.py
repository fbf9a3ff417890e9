"""Somebody stays for long, in one track or in several of the same person or group."""

from pipeline.alerts.cause import Cause, cause_of_track
from pipeline.alerts.rules.known import find_known, subject_of
from pipeline.alerts.rules.rule import Rule
from pipeline.alerts.views import TrackView

MAX_STAYS = 500  # of one subject; the oldest go


class LoiteringRule(Rule):
    """`people` are those who may stay."""

    def on_track(self, track: TrackView) -> Cause | None:
        known = find_known(track, None)
        if (known and known.person in self.people) or not self._is_large(track):
            return None
        is_somebody = known is not None or track.group is not None
        subject = subject_of(track, known) if is_somebody else f"track/{track.name}"
        adds_up = is_somebody and self.settings.within_seconds > 0
        seconds = self._add_up(track, subject) if adds_up else track.age
        if seconds < self.settings.min_seconds:
            return None
        return cause_of_track(
            track,
            who=known.person if known else track.group or "somebody unknown",
            what=f"has been there for {seconds:.0f} s",
            subject=subject,
            person=known.person if known else None,
            false_alarm=known.chance if known else None,
            seconds=seconds,
        )

    def _is_large(self, track: TrackView) -> bool:
        px = track.looks.median_px if track.looks else track.face_px
        return px >= self.settings.min_px

    def _add_up(self, track: TrackView, subject: str) -> float:
        """Seconds that a subject was there within the window; a time in which two cameras saw it counts once."""
        stays = self.subjects.of(self.name, subject).stays
        stays[track.name] = (track.at - track.age, track.at)
        begin = track.at - self.settings.within_seconds
        for name, (_, last) in list(stays.items()):
            if not begin <= last <= track.heard or len(stays) > MAX_STAYS:  # not after now: the clock was put back
                del stays[name]
        return _covered([(max(first, begin), last) for first, last in stays.values()])


def _covered(stays: list[tuple[float, float]]) -> float:
    """Seconds that any of these covers."""
    total, end = 0.0, float("-inf")
    for first, last in sorted(stays):
        total += max(0.0, last - max(first, end))
        end = max(end, last)
    return total
