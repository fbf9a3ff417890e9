"""The events of somebody who walks past a camera, for the tests of the history."""

from typing import Any

import msgspec

from pipeline.events import Event, TrackAction
from tests.synthetic.events import EPOCH, evidence, identity, sample, track


def visit(
    person: str | None = "Ada",
    *,
    number: int = 1,
    first_seq: int = 0,
    at: float = 1000.0,
    epoch: str = EPOCH,
    **of_sample: Any,
) -> list[Event]:
    """The events of a track of three seconds, whose end is noticed two seconds later. at: its begin, Unix seconds."""
    found = evidence(person)
    fields: dict[str, Any] = {"track": number, "evidence": found}
    begin = track(first_seq, action=TrackAction.NEW, wall_time=at, media_time=at, age=0.0, track=number)
    middle = track(first_seq + 1, wall_time=at + 2, media_time=at + 2, age=2.0, face_px=40.0, **fields)
    times: dict[str, Any] = {"wall_time": at + 5, "media_time": at + 3}
    look = sample(first_seq, person=person, track=number, **times, **of_sample)
    end = track(first_seq + 2, action=TrackAction.END, age=3.0, reason="lost", **times, **fields)
    named = [renamed(first_seq, person, at + 1, number=number)] * bool(person)
    return [msgspec.structs.replace(event, epoch=epoch) for event in (begin, *named, middle, look, end)]


def renamed(seq: int, person: str | None, at: float, *, number: int = 1) -> Event:
    """A track gets a name, or loses it where the person is None."""
    return msgspec.structs.replace(identity(seq, person=person, number=number), wall_time=at, media_time=at)
