"""Who a track is, as sure as a rule demands, and whether a nameless one was seen well enough to be a stranger."""

from typing import NamedTuple

from pipeline.alerts.views import TrackView
from pipeline.settings.rooms.alerts import AlertRule
from recognizer.base import State


class Known(NamedTuple):
    """chance: that a stranger is taken for somebody enrolled.  is_sure: False where the run calls it a candidate."""

    person: str
    chance: float | None
    is_sure: bool


def find_known(track: TrackView, limit: float | None) -> Known | None:
    """Who a track is; None where that is not sure enough. limit: the rule's false-alarm rate; None: the run's."""
    if track.told is not None:
        return Known(track.told, track.chance, True)
    looks = track.looks
    if looks is None or looks.person is None:
        return None
    if looks.state == State.NAMED and (limit is None or looks.false_alarm is None or looks.false_alarm <= limit):
        return Known(looks.person, looks.false_alarm, True)
    is_low = limit is not None and looks.false_alarm is not None and looks.false_alarm <= limit
    if looks.state == State.CANDIDATE and is_low:
        return Known(looks.person, looks.false_alarm, False)
    return None


def was_seen_well(track: TrackView, rule: AlertRule) -> bool:
    """Whether somebody enrolled would have a name by now: long, often and large enough."""
    looks = track.looks
    return (
        looks is not None
        and track.age >= rule.min_seconds
        and looks.effective >= rule.min_looks
        and looks.median_px >= rule.min_px
    )


def subject_of(track: TrackView, known: Known | None) -> str:
    """What a cooldown counts by: the person, else the group, else the camera, as strangers cannot be told apart."""
    if known:
        return f"person/{known.person}"
    return f"group/{track.group}" if track.group else f"camera/{track.node}/{track.camera}"
