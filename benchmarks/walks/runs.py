"""Runs the pipeline on walks: with its detector, with ideal boxes and landmarks, and on ideal chips without video."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import msgspec
import numpy as np

import pipeline.build
from benchmarks.walks.clips import Clip
from benchmarks.walks.people import WalkingPerson, chip_box
from benchmarks.walks.street import CAMERA, FAR_PX, NEAR_PX, StreetTruth, TrueFace
from detectors.arrays import Float32
from detectors.base import Detections
from detectors.runtime import Runtime
from pipeline.build import build
from pipeline.capture.mailbox import Mailbox
from pipeline.cli import effective_settings
from pipeline.engine import Engine, Identification, StopFlag
from pipeline.event_factory import EventFactory
from pipeline.events import Event
from pipeline.heartbeat import Heartbeat
from pipeline.parts.identification import camera_tracks, identification_of, open_gallery
from pipeline.parts.models import open_recognizer
from pipeline.settings.flags import parse_command_line
from pipeline.settings.outputs import Outputs
from pipeline.settings.types import CameraSettings, Settings
from pipeline.sink import FrameResult
from pipeline.tracks.camera import CameraTracks
from pipeline.types import Frame
from recognizer.population import shrink_face
from recognizer.spec import aligned_landmarks
from tests.synthetic.walk import SPEED

FindFaces = Callable[[Sequence[Frame]], list[Detections]]

ALL_CANDIDATES = 0.999  # candidate_false_alarm at which nearly every decision states its nearest person
UPDATE_SECONDS = 0.25  # so often events tell the score of a track
_STAGE_PX = 160  # side of the picture in which an ideal chip is shown


@dataclass
class EventList:
    """A sink that keeps all events."""

    events: list[Event] = field(default_factory=list)

    def on_event(self, event: Event) -> None:
        self.events.append(event)

    def on_frame(self, result: FrameResult) -> None:
        """Frames are not kept."""

    def close(self) -> None:
        """Nothing to close."""


class Recorder:
    """Remembers what a detector found in each frame, so that runs at other rates need not search again."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int], Detections] = {}

    def wrap(self, find: FindFaces) -> FindFaces:
        """The same finder, asked once for each frame."""

        def remembered(frames: Sequence[Frame]) -> list[Detections]:
            new = [frame for frame in frames if (frame.camera, frame.index) not in self._found]
            for frame, found in zip(new, find(new), strict=True):
                self._found[frame.camera, frame.index] = found
            return [self._found[frame.camera, frame.index] for frame in frames]

        return remembered


def make_settings(clips: Sequence[Clip], flags: Sequence[str]) -> Settings:
    """Settings of run_pipeline.py with these flags, on all clips."""
    sources = [part for clip in clips for part in ("--source", str(clip.path))]
    return effective_settings(parse_command_line([*sources, *flags, "--bind", "none"]))


def tell_scores(settings: Settings) -> Settings:
    """The same settings, with events that state score and nearest person of nearly every track."""
    rule = msgspec.structs.replace(settings.decision, candidate_false_alarm=ALL_CANDIDATES)
    events = msgspec.structs.replace(settings.events, update_seconds=UPDATE_SECONDS)
    return msgspec.structs.replace(settings, decision=rule, events=events)


def run_clips(settings: Settings, change: Callable[[FindFaces], FindFaces]) -> list[Event]:
    """Run the whole pipeline. change: gets its way to find faces and returns the one to use."""
    told = EventList()

    def engine(
        cameras: Mapping[str, CameraTracks], find: FindFaces, identification: Identification | None, **options: Any
    ) -> Engine:
        return Engine(cameras, change(find), identification, **options | {"sinks": [*options["sinks"], told]})

    with mock.patch.object(pipeline.build, "Engine", engine):
        job = build(settings, Outputs())
    if failed := job.run():
        raise RuntimeError("; ".join(failed))
    return told.events


def find_truth(clips: Sequence[Clip]) -> Callable[[FindFaces], FindFaces]:
    """A `change` for `run_clips`: true boxes and landmarks instead of the detector's."""
    truths = {clip.camera: clip.truth for clip in clips}
    return lambda _: lambda frames: [truths[frame.camera].detections(frame.index) for frame in frames]


def run_chips(settings: Settings, people: Sequence[WalkingPerson]) -> tuple[list[Event], dict[str, StreetTruth]]:
    """Show the engine ideal chips that grow as faces do in a walk: no video, and everybody alone.

    Returns the events and the truth by camera, which is called as the person.
    """
    told, events = EventList(), EventFactory(settings.node, "chips")
    recognizer = open_recognizer(settings, Runtime(settings.device, settings.threads))
    if recognizer is None:
        raise ValueError("walks: expected a recogniser, got none")
    truths = {person.name: StreetTruth(CAMERA.fps, (person.name,)) for person in people}
    faces: dict[str, Detections] = {}
    with closing(open_gallery(settings)) as gallery:
        identification = identification_of(settings, recognizer, gallery, None)
        cameras = {
            name: camera_tracks(settings, CameraSettings(source=name, name=name), events, identification)
            for name in truths
        }
        heartbeat = Heartbeat(events, Mailbox(), 0.0)
        find: FindFaces = lambda frames: [faces[frame.camera] for frame in frames]  # noqa: E731
        engine = Engine(cameras, find, identification, sinks=[told], heartbeat=heartbeat, stop=StopFlag())
        for index, px in enumerate(walking_heights()):
            shown = [_show_chip(person, px, index) for person in people]
            for frame, found in shown:
                faces[frame.camera] = found
                truths[frame.camera].faces.append({0: _true_face(found)})
            engine.step([frame for frame, _ in shown])
    for camera in cameras.values():
        told.events += camera.close("stopped", 0.0)
    return told.events, truths


def walking_heights() -> list[float]:
    """Face heights of somebody who walks up, pixels, frame by frame."""
    begin, end = CAMERA.distance(FAR_PX), CAMERA.distance(NEAR_PX)
    frames = int((begin - end) / SPEED * CAMERA.fps) + 1
    return [CAMERA.distance(begin - SPEED * index / CAMERA.fps) for index in range(frames)]


def _show_chip(person: WalkingPerson, px: float, index: int) -> tuple[Frame, Detections]:
    """A chip shrunk without loss to a face of about this height, in a grey picture, and what a detector would find."""
    box = chip_box()
    side = max(8, round(px * len(person.chip) / float(box[3] - box[1])))
    small, points = shrink_face(person.chip, side, random=np.random.default_rng(0))
    image = np.full((_STAGE_PX, _STAGE_PX, 3), 128, np.uint8)
    at = (_STAGE_PX - len(small)) // 2
    image[at : at + len(small), at : at + len(small)] = small
    scale = side / len(person.chip)
    corner = (points - aligned_landmarks(side)).mean(axis=0) + at
    boxes: Float32 = (box * scale + np.tile(corner, 2)).astype(np.float32)[None]
    found = Detections(boxes, np.ones(1, np.float32), (points + at).astype(np.float32)[None])
    time = index / CAMERA.fps
    return Frame(person.name, index, time, time, time, image), found


def _true_face(found: Detections) -> TrueFace:
    x1, y1, x2, y2 = (float(value) for value in found.boxes[0])
    points = found.landmarks[0] if found.landmarks is not None else np.zeros((5, 2), np.float32)
    return TrueFace((x1, y1, x2, y2), points, 0.0)
