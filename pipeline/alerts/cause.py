"""What a rule found: the reason of an alert, unless it is too late or was told already."""

from dataclasses import dataclass

from pipeline.alerts.views import TrackView


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """key: the same cause has the same key, whatever run or restart finds it.  subject: what a cooldown counts by.

    at: Unix seconds.  who: words for the person, camera or node.  what: words for what they do.
    is_sure: False for a person who is only a candidate.  warnings: of the track's newest evidence.
    """

    key: str
    subject: str
    at: float
    who: str
    what: str
    node: str
    epoch: str
    camera: str
    track: int | None = None
    person: str | None = None
    group: str | None = None
    false_alarm: float | None = None
    face_px: float | None = None
    seconds: float = 0.0
    visits: int = 0
    fingerprint: str = ""
    warnings: tuple[str, ...] = ()


def cause_of_track(
    track: TrackView,
    *,
    who: str,
    what: str,
    subject: str,
    person: str | None = None,
    false_alarm: float | None = None,
    seconds: float | None = None,
    visits: int = 0,
) -> Cause:
    """A cause that a track gives. person: somebody enrolled."""
    return Cause(
        key=f"{track.name}/{person}" if person else track.name,
        subject=subject,
        at=track.at,
        who=who,
        what=what,
        node=track.node,
        epoch=track.epoch,
        camera=track.camera,
        track=track.number,
        person=person,
        group=track.group,
        false_alarm=false_alarm,
        face_px=round(track.face_px, 1),
        seconds=track.age if seconds is None else seconds,
        visits=visits,
        fingerprint=track.fingerprint,
        warnings=track.looks.warnings if track.looks else (),
    )
