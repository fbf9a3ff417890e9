"""The flow of one frame, from pixels to events: detect, track, choose, cut, embed, decide, tell.

One thread owns all state and nothing here locks. Reports of cameras come through the same mailbox as their frames and
in the same order, so a stream that ended can be told as ended only after its last face.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

from detectors.arrays import Float32, Image
from detectors.base import Detections
from pipeline.event_factory import EventFactory
from pipeline.events import CameraEvent, Event
from pipeline.heartbeat import Heartbeat
from pipeline.sink import FrameResult, Sink
from pipeline.tracks.camera import CameraTracks
from pipeline.tracks.conflicts import resolve_conflicts
from pipeline.tracks.crops import Crop, Embed, Matcher, choose, cut
from pipeline.tracks.track import TrackState
from pipeline.types import CameraReport, CameraState, Frame
from recognizer.base import Recognizer

# Between two looks at the clock, the stop flag and the heartbeat when no frame comes.
PATIENCE = 0.25


class Feed(Protocol):
    """Where frames come from: at most one per camera and call, all pending reports in order."""

    @property
    def open(self) -> bool: ...

    def take(self, timeout: float | None) -> list[Frame | CameraReport]: ...


@dataclass(frozen=True)
class Identification:
    """The recognition half; a run without it detects and tracks only."""

    recognizer: Recognizer
    judge: Matcher
    embed: Embed
    interval: float
    max_per_step: int


@dataclass
class StopFlag:
    """Ends a run after the step under way; may be raised by a signal handler, a sink or another thread."""

    reason: str = ""

    def set(self, reason: str) -> None:
        """Raise it; the first reason stays."""
        self.reason = self.reason or reason


class Engine:
    """Turns what a feed gives into what sinks take, until the feed ends, the flag is raised or the time is up."""

    def __init__(
        self,
        scenes: Mapping[str, CameraTracks],
        find: Callable[[Frame], Detections],
        identification: Identification | None,
        *,
        sinks: Sequence[Sink],
        stamp: EventFactory,
        heart: Heartbeat,
        stopping: StopFlag,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._scenes = scenes
        self._find = find
        self._identification = identification
        self._sinks = sinks
        self._stamp = stamp
        self._heart = heart
        self._clock = clock
        self._stopping = stopping

    def run(self, feed: Feed, *, duration: float = 0.0) -> None:
        """Work until the end; `duration` in seconds, 0 for no limit. Every open track gets its `end`, come what may."""
        deadline = self._clock() + duration if duration else float("inf")
        reason = "stopped"
        try:
            while feed.open and not self._stopping.reason:
                if self._clock() >= deadline:
                    self._stopping.set("time is up")
                    break
                self.step(feed.take(PATIENCE))
            reason = self._stopping.reason or reason
        except Exception as error:
            reason = f"failed: {type(error).__name__}"
            raise
        finally:
            self._finish(reason)

    def step(self, arrived: Iterable[Frame | CameraReport]) -> None:
        """Process what one `take` brought."""
        frames: list[Frame] = []
        for item in arrived:
            if isinstance(item, Frame):
                frames.append(item)
                continue
            if any(frame.camera == item.camera for frame in frames):
                self._process(frames)  # a report that follows a frame of its camera is told after it
                frames = []
            self._hear(item)
        self._process(frames)
        self._beat()

    def _process(self, frames: Sequence[Frame]) -> None:
        found = [self._find(frame) for frame in frames]
        seen = [self._scenes[frame.camera].follow(frame, faces) for frame, faces in zip(frames, found, strict=True)]
        images = {frame.camera: frame.image for frame in frames}
        self._identify([subject for subjects in seen for subject in subjects], images)
        for frame, faces, subjects in zip(frames, found, seen, strict=True):
            resolve_conflicts(subjects)
            self._tell(self._scenes[frame.camera].tell(subjects))
            self._show(frame, faces, subjects)
            self._heart.count(self._clock() - frame.clock)

    def _identify(self, subjects: Sequence[TrackState], images: Mapping[str, Image]) -> None:
        """Compare one crop each of the subjects that are due, all cameras in one batch."""
        means = self._identification
        if means is None:
            return
        due = choose(subjects, interval=means.interval, limit=means.max_per_step)
        cuts = (cut(subject, images[subject.track.camera], means.recognizer) for subject in due)
        crops = [crop for crop in cuts if crop]
        if crops:
            for crop, vector in zip(crops, means.embed(crops), strict=True):
                self._weigh(crop, vector, means.judge)

    def _weigh(self, crop: Crop, vector: Float32, judge: Matcher) -> None:
        """Pool one vector and decide anew; a zero vector says that nothing came of the chip, and is not taken."""
        subject = crop.subject
        face_px, when = subject.track.face_px, subject.frame.media_time
        if subject.evidence.add(vector, weight=crop.weight, face_px=face_px, time=when):
            subject.decision = judge.decide(subject.evidence, subject.decision)

    def _hear(self, report: CameraReport) -> None:
        scene = self._scenes[report.camera]
        if reason := scene.break_in(report):
            self._tell(scene.end_all(reason))
        self._tell([self._told(scene, report)])

    def _told(self, scene: CameraTracks, report: CameraReport) -> CameraEvent:
        """Note a camera's new state, and put it in words."""
        scene.state, scene.reason = report.state, report.reason
        last = scene.last_frame
        return self._stamp.make(
            CameraEvent,
            report.camera,
            report.wall_time,
            media_time=None if last is None else round(last.media_time, 4),
            state=report.state,
            reason=report.reason,
            final=report.final,
            width=report.width,
            height=report.height,
        )

    def _show(self, frame: Frame, found: Detections, subjects: Sequence[TrackState]) -> None:
        tracks = tuple(subject.track for subject in subjects)
        decisions = {subject.track.id: subject.decision for subject in subjects if subject.decision}
        view = FrameResult(frame, found, tracks, decisions)
        for sink in self._sinks:
            sink.on_frame(view)

    def _tell(self, events: Iterable[Event]) -> None:
        for event in events:
            for sink in self._sinks:
                sink.on_event(event)

    def _beat(self) -> None:
        judge = self._identification.judge if self._identification else None
        self._tell(self._heart.beat(self._scenes, judge))

    def _finish(self, reason: str) -> None:
        """End what is open and close all sinks.

        A sink that fails must not keep the others from hearing the end and closing; the first failure is raised.
        """
        last_words = list(self._last_words(reason))
        failures: list[Exception] = []
        for sink in self._sinks:
            try:
                with closing(sink):
                    for event in last_words:
                        sink.on_event(event)
            except Exception as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def _last_words(self, reason: str) -> Iterator[Event]:
        for scene in self._scenes.values():
            yield from scene.end_all(reason)
            if scene.state not in (CameraState.ENDED, CameraState.FAILED):
                trouble = scene.reason  # why a camera gave nothing is worth more afterwards than that time was up
                report = CameraReport(scene.settings.name, CameraState.ENDED, time.time(), reason, final=True)
                yield self._told(scene, report)
                scene.reason = trouble or reason
