"""Settings of how faces are searched, followed and named."""

from typing import Annotated

from msgspec import Meta

from configs.fields import FilePath, Flag, ModelPath, Unit
from pipeline.settings.section import FlagGroup, Seconds, Section, Share
from recognizer.decide import DecisionRule, FalseAlarm
from recognizer.spec import ChipSpec


class DetectorSettings(Section, frozen=True, kw_only=True):
    """The face detector."""

    model: Annotated[
        ModelPath,
        Meta(
            description="ONNX file (YuNet or SCRFD format), embedded (comes with Glimpse), or pack:NAME (insightface)"
        ),
        Flag("--detector", FlagGroup.MODELS, "MODEL"),
    ] = "embedded"
    score: Annotated[
        float,
        Meta(ge=0.01, le=1, description="lowest score of a box that is kept; distant faces score 0.3 to 0.5"),
        Flag("--detector-score", FlagGroup.MODELS, "0..1"),
    ] = 0.25
    long_side: Annotated[
        int,
        Meta(
            ge=0,
            le=8192,
            description="resize frames for detection to this longer side; a larger one finds smaller faces, at a cost "
            "that grows with its square; 0: no resizing",
        ),
        Unit("px"),
        Flag("--long-side", FlagGroup.MODELS),
    ] = 0
    tile: Annotated[
        int,
        Meta(ge=0, le=4096, description="search overlapping windows of this size; 0: the whole frame at once"),
        Unit("px"),
        Flag("--tile", FlagGroup.MODELS),
    ] = 0
    workers: Annotated[
        int,
        Meta(ge=0, le=64, description="cameras searched at the same time, each by a thread; 0: one for each core"),
    ] = 0


class ScheduleSettings(Section, frozen=True, kw_only=True):
    """How often which parts of a frame are searched for faces (docs/concepts.md)."""

    scan_seconds: Annotated[
        Seconds,
        Meta(
            ge=0,
            le=60,
            description="search whole frames this often, in between where faces are or something moves, and four "
            "times more rarely while nothing moves; 0: always whole frames, of live cameras as far as time allows",
        ),
        Flag("--scan-seconds", FlagGroup.MODELS),
    ] = 1.0
    motion_seconds: Annotated[
        Seconds,
        Meta(ge=0, le=60, description="search where something moved this often; 0: never, motion waits for a scan"),
    ] = 0.25


class RecognizerSettings(Section, frozen=True, kw_only=True):
    """The recogniser, and how its face chips are cut."""

    model: Annotated[
        ModelPath,
        Meta(
            description="embedded, tiny, base or large (come with Glimpse), an ONNX file, or a folder that "
            "python -m distill site wrote; empty: embedded if there is a gallery, otherwise faces are tracked and not "
            "named"
        ),
        Flag("--recognizer", FlagGroup.MODELS, "MODEL"),
    ] = ""
    profile: Annotated[
        FilePath,
        Meta(description="file of configs/recognizers: gives chip_spec and calibration where these are not set"),
        Flag("--chip-spec", FlagGroup.MODELS, "YAML", replaces=("chip_spec", "calibration")),
    ] = ""
    chip_spec: Annotated[
        ChipSpec | None, Meta(description="preprocessing, for a model file without chip_spec metadata")
    ] = None
    calibration: Annotated[
        FilePath,
        Meta(description="error rates of the model, a file of glimpse calibrate; empty: none"),
        Flag("--calibration", FlagGroup.MODELS, "FILE"),
    ] = ""


class TrackingSettings(Section, frozen=True, kw_only=True):
    """ByteTrack with buffered IoU."""

    start_score: Annotated[Share, Meta(description="score that a face needs to start a track")] = 0.5
    high_score: Annotated[
        Share, Meta(description="boxes with a lower score are matched in a second pass, to existing tracks only")
    ] = 0.4
    lost_seconds: Annotated[Seconds, Meta(gt=0, le=60, description="how long a track without a face is kept")] = 1.5
    min_frames: Annotated[int, Meta(ge=1, le=100, description="consecutive frames before a track counts")] = 3
    min_overlap: Annotated[
        float, Meta(ge=0, lt=1, description="lowest buffered IoU at which a box belongs to a track")
    ] = 0.3
    buffer: Annotated[
        float,
        Meta(ge=0, le=50, description="how far boxes are widened, in box sizes per second between frames"),
        Unit("1/s"),
    ] = 3.0
    min_likeness: Annotated[
        float,
        Meta(
            ge=0,
            le=10,
            description="length of a crop's feature from which it counts for a face, as a multiple of what all but "
            "one in a hundred faces of its size exceed; tracks that are no faces are not announced; 0: every track is",
        ),
    ] = 0.9


class FaceSettings(Section, frozen=True, kw_only=True):
    """Which faces of a track are compared with the gallery."""

    interval: Annotated[Seconds, Meta(ge=0, le=60, description="time between two crops of one track")] = 0.2
    max_per_step: Annotated[
        int, Meta(ge=1, le=4096, description="largest number of crops compared at once, over all cameras")
    ] = 64


class DecisionSettings(DecisionRule, Section, frozen=True, kw_only=True):
    """When a track is named."""

    false_alarm: Annotated[FalseAlarm, Flag("--false-alarm", FlagGroup.MODELS, "0..1")] = DecisionRule().false_alarm
    flat_warning: Annotated[
        bool,
        Meta(
            description="warn of faces that move like a photograph or a screen (docs/security.md); no name is refused"
        ),
    ] = True
