"""Every setting, its type, default and meaning; the YAML, the editor schema and the command line all come from here."""

from typing import Annotated

import msgspec
from msgspec import Meta

from configs.fields import FilePath, ModelPath, SourcePath
from recognizer.decide import DecisionRule
from recognizer.spec import ChipSpec


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the configuration: immutable, and unknown keys are errors."""


class DetectorSettings(Section, frozen=True, kw_only=True):
    """Which detector, and how it is run."""

    model: Annotated[
        ModelPath, Meta(description="embedded, an ONNX file (YuNet or SCRFD format), or pack:NAME (insightface)")
    ] = "embedded"
    score: Annotated[float, Meta(ge=0.01, le=1, description="weakest box kept; far faces score 0.3 to 0.5")] = 0.25
    long_side: Annotated[
        int, Meta(ge=0, le=8192, description="resize frames so that their longer side has this many pixels; 0: as is")
    ] = 0
    tile: Annotated[
        int, Meta(ge=0, le=4096, description="search overlapping windows of this many pixels; 0: whole frame")
    ] = 0


class ScheduleSettings(Section, frozen=True, kw_only=True):
    """How often what of a frame is searched for faces; meant for cameras that stand still (docs/concepts.md)."""

    scan_seconds: Annotated[
        float, Meta(ge=0, le=60, description="the whole frame, seconds of media time; 0: every frame, and no windows")
    ] = 0.0
    motion_seconds: Annotated[
        float,
        Meta(ge=0, le=60, description="what moved, seconds between two looks; 0: never, it waits for a scan"),
    ] = 0.25


class RecognizerSettings(Section, frozen=True, kw_only=True):
    """Which recogniser, and how its chips are cut."""

    model: Annotated[
        ModelPath,
        Meta(description="ONNX file, or embedded (ours); empty: embedded with a gallery, without one track only"),
    ] = ""
    profile: Annotated[
        FilePath,
        Meta(description="file of configs/recognizers: gives chip_spec and calibration where they are not given"),
    ] = ""
    chip_spec: Annotated[
        ChipSpec | None, Meta(description="preprocessing, where the file carries no chip_spec metadata of its own")
    ] = None
    calibration: Annotated[FilePath, Meta(description="file of `python -m recognizer.calibrate`; empty: none")] = ""


class TrackingSettings(Section, frozen=True, kw_only=True):
    """ByteTrack with buffered IoU."""

    start_score: Annotated[float, Meta(ge=0, le=1, description="score a face needs to begin a track")] = 0.5
    high_score: Annotated[float, Meta(ge=0, le=1, description="boxes below are matched second, to tracks only")] = 0.4
    lost_seconds: Annotated[float, Meta(gt=0, le=60, description="how long an unseen track is kept")] = 1.5
    min_frames: Annotated[int, Meta(ge=1, le=100, description="consecutive frames before a track counts")] = 3
    min_overlap: Annotated[float, Meta(ge=0, lt=1, description="buffered IoU below which a box is another face")] = 0.3
    buffer: Annotated[
        float, Meta(ge=0, le=50, description="how far boxes are widened, share of size per second between frames")
    ] = 3.0


class FaceSettings(Section, frozen=True, kw_only=True):
    """Which faces of a track are compared."""

    interval: Annotated[float, Meta(ge=0, le=60, description="seconds between two crops of one track")] = 0.2
    max_per_step: Annotated[int, Meta(ge=1, le=4096, description="crops compared at once over all cameras")] = 64


Roi = tuple[tuple[Annotated[float, Meta(ge=0, le=1)], Annotated[float, Meta(ge=0, le=1)]], ...]


class CameraDefaults(Section, frozen=True, kw_only=True):
    """What each camera may override."""

    fps: Annotated[float, Meta(ge=0, le=240, description="frames processed a second at most; 0: all")] = 0.0
    stride: Annotated[int, Meta(ge=1, le=1000, description="process every n-th frame")] = 1
    min_face_px: Annotated[float, Meta(ge=1, le=2000, description="smallest face height to track, pixels")] = 10.0
    roi: Annotated[
        Roi, Meta(description="polygon of (x, y) as shares of the frame; faces with their centre outside are ignored")
    ] = ()
    start: Annotated[float, Meta(ge=0, description="recordings: skip to this second")] = 0.0
    end: Annotated[float, Meta(ge=0, description="recordings: stop at this second; 0: to the end")] = 0.0
    stall_seconds: Annotated[float, Meta(gt=0, le=600, description="live: no frame for so long is a stall")] = 5.0
    connect_seconds: Annotated[float, Meta(gt=0, le=600, description="live: limit of one attempt to connect")] = 10.0


class CameraSettings(CameraDefaults, frozen=True, kw_only=True):
    """One camera or recording."""

    source: Annotated[SourcePath, Meta(min_length=1, description="URL, video file, folder, glob or webcam index")]
    name: Annotated[
        str, Meta(pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{0,63})?$", description="name in events; empty: from the source")
    ] = ""


class EventSettings(Section, frozen=True, kw_only=True):
    """The event bus."""

    bind: Annotated[str, Meta(description="ZeroMQ address, auto (live: tcp://127.0.0.1:5556) or none")] = "auto"
    curve: Annotated[FilePath, Meta(description="folder of CURVE certificates, needed beyond loopback and ipc")] = ""
    outbox: Annotated[FilePath, Meta(description="SQLite file that keeps events for replay; empty: none")] = ""
    update_seconds: Annotated[float, Meta(gt=0, le=3600, description="time between two updates of one track")] = 1.0
    heartbeat_seconds: Annotated[float, Meta(gt=0, le=3600, description="time between two heartbeats")] = 1.0


class Settings(Section, frozen=True, kw_only=True):
    """The whole configuration."""

    node: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="name of this process in events")
    ] = "glimpse"
    gallery: Annotated[FilePath, Meta(description="SQLite file of enrolled people; empty: nobody is known")] = ""
    device: Annotated[str, Meta(pattern="^(cpu|cuda)$", description="cpu, or cuda (an error without it)")] = "cpu"
    threads: Annotated[int, Meta(ge=1, le=256, description="threads each network may use")] = 1
    detector: DetectorSettings = DetectorSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    recognizer: RecognizerSettings = RecognizerSettings()
    tracking: TrackingSettings = TrackingSettings()
    faces: FaceSettings = FaceSettings()
    decision: DecisionRule = DecisionRule()
    events: EventSettings = EventSettings()
    defaults: CameraDefaults = CameraDefaults()
    cameras: tuple[CameraSettings, ...] = ()
