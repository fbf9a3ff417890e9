"""What a history knows of one track, and what an event adds to it, in whatever order events come."""

import math
from typing import NamedTuple

from pipeline.events import Evidence, SampleEvent, TrackAction, TrackEvent
from pipeline.history.acceptable import OfTrack
from recognizer.base import State

STATES = (State.UNKNOWN, State.CANDIDATE, State.AMBIGUOUS, State.NAMED)
"""From the worst to the best."""


class TrackState(NamedTuple):
    """The columns of the same names; see `pipeline.history.schema`."""

    first_seen: float
    last_seen: float
    ended: str | None
    face_px: float
    state: str
    person: str | None
    score: float | None
    false_alarm: float | None
    evidence_time: float | None
    best_state: str

    @property
    def is_named(self) -> bool:
        """Whether the track has the name of somebody enrolled."""
        return self.state == State.NAMED


def after(known: TrackState | None, event: OfTrack) -> TrackState:
    """What is known after an event. known: before it; None: the track is new."""
    track = _seen(known, event) if known else _new(event)
    if isinstance(event, TrackEvent) and event.action is TrackAction.END:
        track = track._replace(ended=event.reason)
    if event.evidence and is_newest(known, event):
        track = _judged(track, event.evidence, event.media_time)
    return track


def is_newest(known: TrackState | None, event: OfTrack) -> bool:
    """Whether an event has evidence, and newer evidence than is known."""
    time = known.evidence_time if known else None
    return event.evidence is not None and (time is None or event.media_time >= time)


def _new(event: OfTrack) -> TrackState:
    times, unknown = (event.wall_time, event.wall_time), str(State.UNKNOWN)
    return TrackState(*times, None, _height(event), unknown, None, None, None, None, unknown)


def _seen(known: TrackState, event: OfTrack) -> TrackState:
    return known._replace(
        first_seen=min(known.first_seen, event.wall_time),
        last_seen=max(known.last_seen, min(event.wall_time, known.first_seen + _age(event))),
        face_px=max(known.face_px, _height(event)),
    )


def _judged(track: TrackState, evidence: Evidence, time: float) -> TrackState:
    return track._replace(
        state=evidence.state,
        person=evidence.person,
        score=evidence.score,
        false_alarm=evidence.false_alarm,
        evidence_time=time,
        best_state=max(track.best_state, evidence.state, key=_rank),
    )


def _age(event: OfTrack) -> float:
    """How long at most, in seconds, an event shows that its track was seen; an `end` comes later than that."""
    if isinstance(event, SampleEvent):
        return 0.0
    return event.age if isinstance(event, TrackEvent) and event.action is TrackAction.END else math.inf


def _height(event: OfTrack) -> float:
    return event.crop_px if isinstance(event, SampleEvent) else event.face_px


def _rank(state: str) -> int:
    return STATES.index(State(state)) if state in STATES else -1
