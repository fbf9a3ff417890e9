"""Whether somebody was told of already: nothing more until they were gone for the time of the rule."""

from pipeline.alerts.subjects import Sighting


def is_cooling(sighting: Sighting, at: float, seconds: float) -> bool:
    """Whether an alert was raised and less than so many seconds passed since the last cause.

    A clock that was put back by more than the cooldown does not silence a rule.
    """
    return sighting.told and sighting.last_cause is not None and abs(at - sighting.last_cause) < seconds


def note_cause(sighting: Sighting, at: float, *, told: bool) -> None:
    """Count the cooldown anew from this cause."""
    sighting.last_cause = at
    sighting.told = sighting.told or told
