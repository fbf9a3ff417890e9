"""A watch-list: somebody of the people comes."""

from pipeline.alerts.cause import Cause, cause_of_track
from pipeline.alerts.rules.known import find_known, subject_of
from pipeline.alerts.rules.rule import Rule
from pipeline.alerts.views import TrackView


class PersonRule(Rule):
    """With a false-alarm rate above the run's it also tells of candidates, and says that they are."""

    def on_track(self, track: TrackView) -> Cause | None:
        known = find_known(track, self.settings.false_alarm)
        if known is None or (self.people and known.person not in self.people):
            return None
        return cause_of_track(
            track,
            who=known.person if known.is_sure else f"perhaps {known.person}",
            what="was seen" if known.is_sure else "was seen (a candidate, not named)",
            subject=subject_of(track, known),
            person=known.person,
            false_alarm=known.chance,
        )
