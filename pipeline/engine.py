"""The flow of one frame, from pixels to events: find faces, follow them, cut and embed crops, decide, publish.

One thread owns all state, and nothing here locks. Reports of cameras come through the same mailbox as their frames, in
order, so a stream is announced as ended only after its last face.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Protocol

from detectors.base import Detections
from pipeline.events import Event
from pipeline.heartbeat import Heartbeat
from pipeline.load import Stage
from pipeline.reload.change import Change
from pipeline.secrets.error_line import cause_of
from pipeline.sink import FrameResult, Sink
from pipeline.tracks.camera import CameraTracks
from pipeline.tracks.close_up import CloseUps
from pipeline.tracks.crops import Crop, Embed, cut_crop, due_tracks
from pipeline.tracks.matcher import Matcher
from pipeline.tracks.track import TrackState
from pipeline.types import CameraReport, Frame
from recognizer.base import Recognizer

log = logging.getLogger(__name__)

POLL_SECONDS = 0.25
"""How often clock, stop flag and heartbeat are looked at while no frame comes."""


class FrameSource(Protocol):
    """Gives frames, at most one per camera and call, all pending reports in order, and changes of what runs."""

    @property
    def open(self) -> bool: ...

    def take(self, timeout: float | None) -> Sequence[Frame | CameraReport | Change]: ...


@dataclass(frozen=True)
class Identification:
    """What a run needs to name people; without it, faces are found and followed only.

    interval: seconds of media time between two crops of one track.  max_per_step: crops in one step, over all cameras.
    close_ups: finds faces again in the main streams of cameras that are searched in a sub-stream.
    """

    recognizer: Recognizer
    matcher: Matcher
    embed: Embed
    interval: float
    max_per_step: int
    close_ups: CloseUps | None = None


@dataclass
class StopFlag:
    """Ends a run after the current step; a signal handler, a sink or another thread may set it."""

    reason: str = ""

    def set(self, reason: str) -> None:
        """Set it; the first reason stays."""
        self.reason = self.reason or reason


class Engine:
    """Turns frames and reports into results and events for sinks until the source ends, `stop` is set or time is up."""

    def __init__(
        self,
        cameras: Mapping[str, CameraTracks],
        find_faces: Callable[[Sequence[Frame]], list[Detections]],
        identification: Identification | None,
        *,
        sinks: Sequence[Sink],
        heartbeat: Heartbeat,
        stop: StopFlag,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """clock: monotonic seconds.  wall: Unix seconds."""
        self._cameras = cameras
        self._find_faces = find_faces
        self._identification = identification
        self._sinks = sinks
        self._heartbeat = heartbeat
        self._stop = stop
        self._clock, self._wall = clock, wall

    def run(self, source: FrameSource, *, duration: float = 0.0) -> None:
        """Work until the end; every open track gets its `end`, whatever fails. duration: seconds, 0 for no limit."""
        deadline = self._clock() + duration if duration else float("inf")
        reason = "stopped"
        try:
            while source.open and not self._stop.reason:
                if self._clock() >= deadline:
                    self._stop.set("time is up")
                    break
                self.step(source.take(POLL_SECONDS))
            reason = self._stop.reason or reason
        except Exception as error:
            reason = f"failed: {cause_of(error)}"
            raise
        finally:
            self._finish(reason)

    def choose_crops(self, *, interval: float, max_per_step: int) -> None:
        """Compare crops at another interval from the next frame on; for changes, on the engine's thread."""
        if self._identification:
            self._identification = replace(self._identification, interval=interval, max_per_step=max_per_step)

    def step(self, arrived: Iterable[Frame | CameraReport | Change]) -> None:
        """Process what one `take` brought."""
        frames: list[Frame] = []
        for item in arrived:
            if isinstance(item, Frame):
                frames.append(item)
                continue
            if isinstance(item, Change):
                self._process(frames)
                frames = []
                self._publish(item.apply())
                continue
            if any(frame.camera == item.camera for frame in frames):
                self._process(frames)  # the report came after a frame of its camera, and its events must too
                frames = []
            self._publish(self._cameras[item.camera].on_report(item))
        self._process(frames)
        self._beat()

    def _process(self, frames: Sequence[Frame]) -> None:
        began = self._clock()
        found = self._find_faces(frames)
        self._heartbeat.load.add_stage(Stage.FIND, self._clock() - began)
        for frame, faces in zip(frames, found, strict=True):
            self._cameras[frame.camera].follow(frame, faces)
        self._identify(frames)
        for frame, faces in zip(frames, found, strict=True):
            self._publish(self._cameras[frame.camera].frame_events())
            self._show(frame, faces)
            self._heartbeat.add_latency(self._clock() - frame.monotonic_time)

    def _identify(self, frames: Sequence[Frame]) -> None:
        """Compare one crop of each track that is due, all cameras in one batch."""
        identification = self._identification
        if identification is None:
            return
        newest = {frame.camera: frame for frame in frames}
        visible = [track for name in newest for track in self._cameras[name].visible]
        due = due_tracks(visible, limit=identification.max_per_step)
        for track in due:
            self._cameras[track.camera].defer_crop(track, identification.interval)
        cut = (_cut(track, newest[track.camera], identification) for track in due)
        if crops := [crop for crop in cut if crop]:
            began = self._clock()
            readings = identification.embed(crops)
            self._heartbeat.load.add_stage(Stage.EMBED, self._clock() - began, crops=len(crops))
            for crop, vector, length in zip(crops, readings.vectors, readings.lengths, strict=True):
                self._cameras[crop.track.camera].add_vector(crop, vector, identification.matcher, length=float(length))

    def _show(self, frame: Frame, found: Detections) -> None:
        faces = self._cameras[frame.camera].faces
        decisions = {track.id: track.decision for track in faces if track.decision}
        pooled = {track.id: track.evidence for track in faces if len(track.evidence)}
        result = FrameResult(frame, found, tuple(track.snapshot for track in faces), decisions, pooled)
        for sink in self._sinks:
            sink.on_frame(result)

    def _publish(self, events: Iterable[Event]) -> None:
        for event in events:
            for sink in self._sinks:
                sink.on_event(event)

    def _beat(self) -> None:
        matcher = self._identification.matcher if self._identification else None
        self._publish(self._heartbeat.beat(self._cameras, matcher))

    def _finish(self, reason: str) -> None:
        """End what is open and close all sinks.

        A sink that fails must not keep the others from the last events and from closing; the first failure is raised,
        the others are logged.
        """
        events = list(self._final_events(reason))
        failures: list[Exception] = []
        for sink in self._sinks:
            try:
                with closing(sink):
                    for event in events:
                        sink.on_event(event)
            except Exception as error:
                failures.append(error)
        for failure in failures[1:]:
            log.error("%s", failure)
        if failures:
            raise failures[0]

    def _final_events(self, reason: str) -> Iterator[Event]:
        for camera in self._cameras.values():
            yield from camera.close(reason, self._wall())


def _cut(track: TrackState, frame: Frame, identification: Identification) -> Crop | None:
    """Cut a track's chip from the main stream where there is one and the face is found in it, else from the frame."""
    close_up = identification.close_ups.find(track.snapshot, frame) if identification.close_ups else None
    face, image = close_up or (track.snapshot, frame.image)
    return cut_crop(track, image, identification.recognizer, face=face)
