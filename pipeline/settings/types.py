"""Every setting: type, limits, default, unit, description and flag.

Flags, `--help`, the editor schema, docs/settings.md and the comments in configs/example.yaml are made from here. After
a change run `python -m pipeline.schema write`.
"""

import re
from typing import Annotated, Literal

from msgspec import Meta

from configs.fields import FilePath, Flag, ModelPath, SourcePath, StorePlace, Unit
from configs.read import ConfigurationError
from pipeline.settings.rooms.alerts import AlertSettings
from pipeline.settings.rooms.cluster import ClusterSettings
from pipeline.settings.rooms.collect import CollectSettings
from pipeline.settings.rooms.deliveries import MailSettings, MqttSettings, WebhookSettings
from pipeline.settings.rooms.film import FilmSettings
from pipeline.settings.rooms.history import HistorySettings
from pipeline.settings.rooms.log import LogSettings
from pipeline.settings.rooms.selfcheck import SelfCheckSettings
from pipeline.settings.rooms.site import SiteSettings
from pipeline.settings.rooms.web import WebSettings
from pipeline.settings.section import FlagGroup, Seconds, Section, Share
from recognizer.decide import DecisionRule, FalseAlarm
from recognizer.spec import ChipSpec

RedirectHost = Annotated[str, Meta(pattern=r"^([\w.-]+|\[[\w:.%-]+\])$(?!\n)")]
Roi = tuple[tuple[Share, Share], ...]
Polygon = Annotated[tuple[tuple[Share, Share], ...], Meta(min_length=3)]
FORMAT = 1
"""The newest format of a configuration file."""
ZoneName = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]{1,64}$(?!\n)")]


def parse_roi(text: str) -> Roi:
    """Points of a region: `x1,y1,x2,y2` is a rectangle, `x1,y1,x2,y2,x3,y3,...` a polygon; fractions of the frame.

    Raises ConfigurationError, which names the text and what was expected.
    """
    try:
        numbers = [float(part) for part in text.replace(" ", ",").split(",") if part]
    except ValueError:
        numbers = []
    if len(numbers) < 4 or len(numbers) % 2 or not all(0 <= number <= 1 for number in numbers):
        shown = repr(text) if re.fullmatch(r"[\w .,+-]*", text) else f"of {len(text)} characters"  # it may be a URL
        raise ConfigurationError(
            f"--roi {shown}: expected x1,y1,x2,y2 or three points and more, each number from 0 to 1"
        )
    if len(numbers) == 4:
        x1, y1, x2, y2 = numbers
        return ((x1, y1), (x2, y1), (x2, y2), (x1, y2))
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


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


class CameraDefaults(Section, frozen=True, kw_only=True):
    """Settings of all cameras; each camera may override them."""

    fps: Annotated[
        float,
        Meta(ge=0, le=240, description="process at most this many frames of each source; 0: all"),
        Unit("1/s"),
        Flag("--fps", FlagGroup.FRAMES, "N"),
    ] = 0.0
    stride: Annotated[
        int,
        Meta(ge=1, le=1000, description="process every N-th frame"),
        Flag("--stride", FlagGroup.FRAMES, "N"),
    ] = 1
    min_face_px: Annotated[
        float,
        Meta(ge=1, le=2000, description="smallest height of a face that is tracked and compared"),
        Unit("px"),
        Flag("--min-face-px", FlagGroup.FRAMES),
    ] = 10.0
    roi: Annotated[
        Roi,
        Meta(
            description="polygon of x and y in fractions of the frame; faces with their centre outside are ignored; as "
            "a flag also a rectangle, x1,y1,x2,y2"
        ),
        Flag("--roi", FlagGroup.FRAMES, "X,Y,...", parse=parse_roi),
    ] = ()
    start: Annotated[
        Seconds,
        Meta(ge=0, description="recordings: skip to this second"),
        Flag("--start", FlagGroup.FRAMES),
    ] = 0.0
    end: Annotated[
        Seconds,
        Meta(ge=0, description="recordings: stop at this second; 0: at the end"),
        Flag("--end", FlagGroup.FRAMES),
    ] = 0.0
    stall_seconds: Annotated[
        Seconds, Meta(gt=0, le=600, description="live cameras: time without a packet after which the camera is stalled")
    ] = 5.0
    connect_seconds: Annotated[
        Seconds, Meta(gt=0, le=600, description="live cameras: time limit of one attempt to connect")
    ] = 10.0
    decode: Annotated[
        Literal["software", "auto", "cuda", "vaapi", "qsv", "videotoolbox", "d3d11va", "amf"],
        Meta(
            description="live cameras: what decodes the video; auto: a video card where one works, otherwise software"
        ),
        Flag("--decode", FlagGroup.FRAMES),
    ] = "software"
    key_frame_seconds: Annotated[
        Seconds,
        Meta(
            gt=0,
            le=3600,
            description="live cameras: how long packets may come without a picture, as they do before a key frame",
        ),
    ] = 90.0
    aspect: Annotated[
        str,
        Meta(
            pattern=r"^([1-9][0-9]{0,4}:[1-9][0-9]{0,4})?$(?!\n)",
            description="width:height that the stored picture is shown with, such as 16:9, for recorders that do not "
            "state it; empty: as the stream states",
        ),
        Flag("--aspect", FlagGroup.FRAMES, "W:H"),
    ] = ""


class CameraSettings(CameraDefaults, frozen=True, kw_only=True):
    """One camera or recording."""

    source: Annotated[SourcePath, Meta(min_length=1, description="URL, video file, folder, glob or webcam index")]
    enabled: Annotated[bool, Meta(description="false: this camera is paused, and nothing connects to it")] = True
    name: Annotated[
        str,
        Meta(
            pattern=r"^([^\x00-/:-@\[-\x60{-\x7f][^\x00-,/:-@\[-^\x60{-\x7f]{0,63})?$(?!\n)",
            description="name in events: letters and digits of any script, '.', '_', '-'; those beyond A to Z are "
            "published as a stable digest; empty: from the source",
        ),
    ] = ""
    sub_stream: Annotated[
        SourcePath,
        Meta(
            description="URL of the same camera's smaller stream: faces are found and followed in it, and cut from "
            "`source`; empty: `source` does both"
        ),
    ] = ""
    zones: Annotated[
        dict[ZoneName, Polygon],
        Meta(
            description="named polygons of x and y in fractions of the frame; events of a face name the zones that its "
            "centre is in"
        ),
    ] = {}  # noqa: RUF012 - msgspec copies it
    masks: Annotated[
        tuple[Polygon, ...],
        Meta(
            description="polygons that are black in every picture of this camera, before anybody looks at it; no face "
            "is found there"
        ),
    ] = ()
    network: Annotated[
        str,
        Meta(
            pattern=r"^([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9._-]{0,60}[A-Za-z0-9])?$(?!\n)",
            description="network that this camera is in; in a cluster, only nodes with this label run it "
            "(docs/scaling.md); empty: any node",
        ),
    ] = ""
    allow_redirect_hosts: Annotated[
        tuple[RedirectHost, ...],
        Meta(description="live cameras: hosts that the camera may redirect to, beside its own; they get the password"),
    ] = ()


class EventSettings(Section, frozen=True, kw_only=True):
    """The event bus (docs/events.md)."""

    bind: Annotated[
        str,
        Meta(
            description="ZeroMQ address to publish on, or none; auto: tcp://127.0.0.1:5556 for live cameras, none for "
            "recordings"
        ),
        Flag("--bind", FlagGroup.RESULTS, "ADDRESS"),
    ] = "auto"
    curve: Annotated[
        FilePath, Meta(description="folder of CURVE certificates; required for addresses other than loopback and ipc")
    ] = ""
    outbox: Annotated[FilePath, Meta(description="SQLite file that keeps events for replay; empty: none")] = ""
    update_seconds: Annotated[Seconds, Meta(gt=0, le=3600, description="time between two updates of one track")] = 1.0
    heartbeat_seconds: Annotated[Seconds, Meta(gt=0, le=3600, description="time between two heartbeats")] = 1.0
    preview_fps: Annotated[
        float,
        Meta(ge=0, le=30, description="pictures of each camera published for pages, while somebody asks; 0: none"),
        Unit("1/s"),
    ] = 0.0
    preview_bind: Annotated[
        str,
        Meta(
            description="ZeroMQ address of these pictures, or none; auto: ten ports above events.bind, or its ipc path "
            "with .preview behind it"
        ),
    ] = "auto"
    preview_px: Annotated[
        int, Meta(ge=64, le=3840, description="longer side of these pictures, at most"), Unit("px")
    ] = 640
    samples: Annotated[
        Literal["none", "named", "all"],
        Meta(
            description="tracks whose face template and best crop are published for a history (docs/history.md): none, "
            "those named at that moment, or all; templates are biometric data"
        ),
    ] = "none"


class Settings(Section, frozen=True, kw_only=True):
    """The whole configuration."""

    format: Annotated[
        int, Meta(ge=1, le=FORMAT, description="version of this file's format; a file without it is of format 1")
    ] = 1
    node: Annotated[
        str,
        Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$(?!\n)", description="name of this process in events"),
        Flag("--node", FlagGroup.RESULTS, "NAME"),
    ] = "glimpse"
    gallery: Annotated[
        StorePlace,
        Meta(
            description="enrolled people: a file of glimpse enroll, or postgresql://HOST/DATABASE for several nodes; "
            "empty: nobody is known"
        ),
        Flag("--gallery", FlagGroup.MODELS, "DB"),
    ] = ""
    gallery_max_age: Annotated[
        float,
        Meta(
            ge=2,
            le=86_400,
            description="a live node names nobody while it could not confirm its copy of a gallery in PostgreSQL for "
            "so long",
        ),
        Unit("s"),
    ] = 30.0
    gallery_key: Annotated[
        FilePath,
        Meta(
            description="PEM file of the key that signs this node's receipts of erasures from a gallery in PostgreSQL, "
            "made where it is missing; empty: ~/.config/glimpse/nodes/NODE.pem"
        ),
    ] = ""
    device: Annotated[
        Literal["auto", "cpu", "openvino", "cuda", "tensorrt", "coreml"],
        Meta(description="what runs the networks; auto: the first of cuda, openvino and cpu that is installed"),
        Flag("--device", FlagGroup.MODELS),
    ] = "cpu"
    threads: Annotated[
        int,
        Meta(ge=1, le=256, description="threads that each network may use"),
        Flag("--threads", FlagGroup.MODELS, "N"),
    ] = 1
    watch_config: Annotated[
        bool,
        Meta(
            description="live cameras: take up the file of --config when it changes (docs/cameras.md); false: only "
            "after SIGHUP"
        ),
    ] = True
    site: SiteSettings = SiteSettings()
    log: LogSettings = LogSettings()
    detector: DetectorSettings = DetectorSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    recognizer: RecognizerSettings = RecognizerSettings()
    tracking: TrackingSettings = TrackingSettings()
    faces: FaceSettings = FaceSettings()
    decision: DecisionSettings = DecisionSettings()
    events: EventSettings = EventSettings()
    film: FilmSettings = FilmSettings()
    history: HistorySettings = HistorySettings()
    selfcheck: SelfCheckSettings = SelfCheckSettings()
    alerts: AlertSettings = AlertSettings()
    mqtt: MqttSettings = MqttSettings()
    webhooks: WebhookSettings = WebhookSettings()
    mail: MailSettings = MailSettings()
    collect: CollectSettings = CollectSettings()
    web: WebSettings = WebSettings()
    cluster: ClusterSettings = ClusterSettings()
    defaults: CameraDefaults = CameraDefaults()
    cameras: Annotated[tuple[CameraSettings, ...], Meta(description="what to watch")] = ()
