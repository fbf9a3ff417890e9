"""One camera as the engine sees it: its tracks, its subjects, and the words for what changed."""

from collections.abc import Iterator, Sequence

import numpy as np

from detectors.base import Detections
from pipeline.event_factory import EventFactory
from pipeline.events import Event, IdentityAction, IdentityEvent, TrackAction, TrackEvent
from pipeline.scan.roi import points_in_roi
from pipeline.settings.types import CameraSettings
from pipeline.tracks.track import TrackState
from pipeline.tracks.tracker import Tracker
from pipeline.types import CameraReport, CameraState, Frame
from recognizer.evidence import Evidence


class CameraTracks:
    """Everything that belongs to one camera and to no other; the engine's thread only."""

    def __init__(
        self, settings: CameraSettings, tracker: Tracker, stamp: EventFactory, *, update_seconds: float
    ) -> None:
        self.settings = settings
        self.state = CameraState.CONNECTING
        self.reason = ""
        self._size = (0, 0)
        self.subjects: dict[int, TrackState] = {}
        self.last_frame: Frame | None = None
        self._tracker = tracker
        self._stamp = stamp
        self._update_seconds = update_seconds
        self._gone: list[TrackState] = []

    def follow(self, frame: Frame, found: Detections) -> list[TrackState]:
        """Track one frame's faces; returns the subjects seen in it, by track id."""
        moment = self.last_frame = frame.without_pixels()
        followed = self._tracker.follow(self._relevant(found, frame), frame.media_time)
        for track in followed.seen:
            if track.id not in self.subjects:
                self.subjects[track.id] = TrackState(track, moment, Evidence())
            self.subjects[track.id].see(track, moment)
        self._gone = [self.subjects.pop(number) for number in followed.ended]
        return [self.subjects[track.id] for track in followed.seen]

    def tell(self, seen: Sequence[TrackState]) -> Iterator[Event]:
        """Events of the frame just followed, once its crops have been compared."""
        for subject in seen:
            if not subject.announced:
                subject.announced = True
                yield self._track(subject, TrackAction.NEW)
            elif subject.frame.media_time >= subject.next_update:
                yield self._track(subject, TrackAction.UPDATE)
            yield from self._identity(subject)
        yield from (self._track(subject, TrackAction.END, reason="lost") for subject in self._gone)
        self._gone = []

    def break_in(self, report: CameraReport) -> str:
        """Why this report ends all tracks: the stream broke off, or its pixels mean other places now; else empty."""
        before, size = self._size, (report.width, report.height)
        self._size = size if all(size) else before
        if report.state not in (CameraState.LIVE, CameraState.CONNECTING):
            return f"stream {report.state.value}"
        return "resolution changed" if all(before) and self._size != before else ""

    def end_all(self, reason: str) -> Iterator[Event]:
        """End every open track, whatever ended its source."""
        self._tracker.finish()
        left, self.subjects = list(self.subjects.values()), {}
        yield from (self._track(subject, TrackAction.END, reason=reason) for subject in left)

    def _relevant(self, found: Detections, frame: Frame) -> Detections:
        """Faces large enough and with their centre inside the region of interest."""
        height, width = frame.image.shape[:2]
        centres = 0.5 * (found.boxes[:, :2] + found.boxes[:, 2:])
        large = found.boxes[:, 3] - found.boxes[:, 1] >= self.settings.min_face_px
        return found[np.asarray(large & points_in_roi(centres, self.settings.roi, width=width, height=height))]

    def _track(self, subject: TrackState, action: TrackAction, *, reason: str = "") -> TrackEvent:
        subject.next_update = subject.frame.media_time + self._update_seconds
        fields = subject.where()
        score, age = round(subject.track.score, 4), round(subject.track.age, 3)
        wall = (
            subject.frame.wall_time
            if action is not TrackAction.END or self.last_frame is None
            else self.last_frame.wall_time
        )
        return self._stamp.make(
            TrackEvent, self.settings.name, wall, action=action, score=score, age=age, reason=reason, **fields
        )

    def _identity(self, subject: TrackState) -> Iterator[Event]:
        name, previous = subject.judged_name(), subject.name
        if name == previous:
            return
        subject.name = name
        action = IdentityAction.RETRACTED if name is None else IdentityAction.RENAMED
        action = IdentityAction.NAMED if previous is None else action
        yield self._stamp.make(
            IdentityEvent,
            self.settings.name,
            subject.frame.wall_time,
            action=action,
            person=name,
            previous=previous,
            **subject.where(),
        )
