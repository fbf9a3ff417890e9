"""Nobody but the people may be there: anybody else is told of, named or not."""

from pipeline.alerts.cause import Cause, cause_of_track
from pipeline.alerts.rules.known import find_known, subject_of, was_seen_well
from pipeline.alerts.rules.rule import Rule
from pipeline.alerts.views import TrackView


class NobodyElseRule(Rule):
    """Somebody enrolled who is not on the list at once; anybody without a name once a name would have been found."""

    def on_track(self, track: TrackView) -> Cause | None:
        known = find_known(track, self.settings.false_alarm)
        if known and known.person in self.people:
            return None
        if known and known.is_sure:
            return cause_of_track(
                track,
                who=known.person,
                what="is not on the list",
                subject=subject_of(track, known),
                person=known.person,
                false_alarm=known.chance,
            )
        if not was_seen_well(track, self.settings):
            return None
        return cause_of_track(
            track, who=track.group or "somebody unknown", what="is not on the list", subject=subject_of(track, None)
        )
