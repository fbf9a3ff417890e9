"""Every setting: type, limits, default, unit, description and flag; those of a section stand in a file of its kind.

Flags, `--help`, the editor schema, docs/settings.md and the comments in configs/example.yaml are made from here. After
a change run `python -m pipeline.schema write`.
"""

from typing import Annotated, Literal

from msgspec import Meta

from configs.fields import FilePath, Flag, StorePlace, Unit
from pipeline.settings.cameras import CameraDefaults, CameraSettings
from pipeline.settings.recognition import (
    DecisionSettings,
    DetectorSettings,
    FaceSettings,
    RecognizerSettings,
    ScheduleSettings,
    TrackingSettings,
)
from pipeline.settings.region import Polygon, Roi, parse_roi
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
from pipeline.settings.section import FlagGroup, Seconds, Section

__all__ = [
    "FORMAT",
    "CameraDefaults",
    "CameraSettings",
    "DecisionSettings",
    "DetectorSettings",
    "EventSettings",
    "FaceSettings",
    "Polygon",
    "RecognizerSettings",
    "Roi",
    "ScheduleSettings",
    "Settings",
    "TrackingSettings",
    "parse_roi",
]

FORMAT = 1
"""The newest format of a configuration file."""


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
