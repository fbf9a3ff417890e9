"""Finds and follows every face of a recording, searching each frame whole."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from detectors.arrays import Float32
from glimpse.people import Gallery
from glimpse.watching import IdentityEvent, watch
from pipeline.sink import FrameResult
from recognizer.base import State

SMALLEST_PX = 4.0


@dataclass(slots=True)
class Followed:
    """A face through a recording. boxes: by frame number, float32 (4,) in pixels.  names: it was ever given.

    last_name: the name that it had in the last frame it was seen in; None without one.
    """

    boxes: dict[int, Float32] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    last_name: str | None = None

    def is_one_of(self, people: frozenset[str]) -> bool:
        """Whether it was named as one of these people to its end, and never as anybody else."""
        return self.last_name in people and self.names == {self.last_name}


@dataclass(slots=True)
class FoundFaces:
    """All faces of a recording. boxes: of each frame, float32 (N,4), also those too weak to follow.

    times: media time of each frame, seconds.
    """

    boxes: dict[int, Float32] = field(default_factory=dict)
    times: dict[int, float] = field(default_factory=dict)
    followed: dict[int, Followed] = field(default_factory=lambda: defaultdict(Followed))


def follow_all(
    recording: Path, gallery: Gallery | None, *, on_time: Callable[[float], None] = lambda seconds: None
) -> FoundFaces:
    """Follow the faces of a recording. gallery: people to name.  on_time: told the media time of each frame, seconds.

    Raises SourceError where it cannot be read to its end.
    """
    found = FoundFaces()

    def on_frame(result: FrameResult) -> None:
        _add(found, result)
        on_time(result.frame.media_time)

    whole_frames = {"scan_seconds": 0.0}
    with watch(recording, gallery=gallery, on_frame=on_frame, min_face_px=SMALLEST_PX, schedule=whole_frames) as events:
        for event in events:
            if isinstance(event, IdentityEvent) and event.person is not None:
                found.followed[event.track].names.add(event.person)
    return found


def _add(found: FoundFaces, result: FrameResult) -> None:
    index = result.frame.index
    found.boxes[index] = np.array(result.detections.boxes)
    found.times[index] = result.frame.media_time
    for track in result.tracks:
        decision = result.decisions.get(track.id)
        face = found.followed[track.id]
        face.boxes[index] = track.box
        face.last_name = decision.person if decision and decision.state is State.NAMED else None
