"""A person who is not enrolled comes, or comes again."""

from pipeline.alerts.cause import Cause, cause_of_track
from pipeline.alerts.rules.known import subject_of, was_seen_well
from pipeline.alerts.rules.rule import Rule
from pipeline.alerts.views import TrackView


class UnknownRule(Rule):
    """With `returning`, only somebody whom the history recognises from visits before."""

    def on_track(self, track: TrackView) -> Cause | None:
        if track.is_named or not was_seen_well(track, self.settings):
            return None
        visits = self._count_visit(track) if track.group else 0
        if visits < self.settings.returning:
            return None
        return cause_of_track(
            track,
            who=track.group or "somebody unknown",
            what=f"was seen, visit {visits}" if self.settings.returning else "was seen",
            subject=subject_of(track, None),
            visits=visits,
        )

    def _count_visit(self, track: TrackView) -> int:
        """How often this group came. A first visit that is not the history's first one counts as the second."""
        sighting = self.subjects.of(self.name, f"group/{track.group}")
        away = self.settings.away_seconds
        if sighting.seen_at is None:
            since = track.group_since
            sighting.visits = 1 if since is None or track.first_at - since < away else 2
        elif track.first_at - sighting.seen_at >= away:
            sighting.visits += 1
        sighting.see(track)
        return sighting.visits
