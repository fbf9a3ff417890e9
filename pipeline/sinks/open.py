"""Open the sinks of a run."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.bus.address import preview_address
from pipeline.bus.preview.publisher import PreviewPublisher
from pipeline.bus.publisher import Publisher
from pipeline.capture.recording import estimate_seconds
from pipeline.capture.sources import Source, SourceKind
from pipeline.load import BusLoad
from pipeline.settings.load import format_settings
from pipeline.settings.outputs import Outputs
from pipeline.settings.types import CameraSettings, Settings
from pipeline.sink import Sink
from pipeline.sinks.guard import SinkGuard
from pipeline.sinks.jsonl import JsonlSink
from pipeline.sinks.log import LogSink
from pipeline.sinks.progress import ProgressSink
from pipeline.sinks.report.moments import Moments
from pipeline.sinks.report.run_records import RunRecords
from pipeline.sinks.report.sink import ReportInfo, ReportSink
from pipeline.sinks.report.strangers import GroupFn
from pipeline.sinks.status import StatusSink
from pipeline.sinks.systemd import SystemdSink, systemd_socket
from pipeline.sinks.video import VideoSink
from pipeline.sinks.window import WindowSink, require_display

DEFAULT_BIND = "tcp://127.0.0.1:5556"
VIDEO_NAME = "annotated.mp4"

Cameras = Sequence[tuple[Source, CameraSettings]]


@dataclass(frozen=True)
class Models:
    """What the report asks of models and gallery. names: lines of its head.  portrait, group: see `ReportInfo`."""

    names: Mapping[str, str] = field(default_factory=dict)
    portrait: Callable[[str], bytes | None] = lambda person: None
    group: GroupFn | None = None


def open_sinks(
    settings: Settings,
    outputs: Outputs,
    cameras: Cameras,
    *,
    epoch: str,
    stop: Callable[[str], None],
    records: RunRecords | None = None,
    models: Models | None = None,
) -> list[Sink]:
    """Open every sink that the run needs, in the order in which they receive events.

    If one cannot be opened, those before it are closed again. stop: ends the run once nobody receives its results.
    records: collects figures of tracks for whoever reads them after the run.
    Raises ConfigurationError, ValueError or OSError.
    """
    live = is_live(cameras)
    names = [source.name for source, _ in cameras]
    bind = bind_address(settings, live)
    sinks: list[Sink] = []
    with ExitStack() as opened:

        def add(sink: Sink) -> None:
            sinks.append(opened.enter_context(closing(sink)))

        if live:  # of a recording, the report says the same and more
            add(LogSink({source.name for source, _ in cameras if source.kind is SourceKind.WEBCAM}))
        if bind:
            events = settings.events
            add(Publisher(bind, node=settings.node, epoch=epoch, curve=events.curve, outbox=events.outbox))
        if (service := systemd_socket()) and live:
            add(SystemdSink(service))
        if preview_bind := preview_bind_address(settings, live):
            add(_open_previews(preview_bind, settings, epoch))
        if outputs.events:
            add(JsonlSink(outputs.events, on_reader_closed=lambda: stop("the reader of the events went away")))
        video = _open_video(outputs, names)
        if outputs.report is not None:
            moments = Moments(cameras, video, outputs.report)
            info = _report_info(settings, cameras, models or Models(), moments)
            add(_guard(ReportSink(outputs.report, info, records), "report", live))
        elif records:
            add(records)
        if video:
            add(_guard(video, "video", live))
        if outputs.show:
            require_display()
            add(WindowSink(lambda: stop("the window was closed")))
        if outputs.console is not None and not live:
            totals = {source.name: estimate_seconds(source, camera) for source, camera in cameras}
            add(ProgressSink(totals, console=outputs.console))
        if outputs.console is not None and live:
            recordings = frozenset(source.name for source, _ in cameras if not source.live)
            add(StatusSink(outputs.console, recordings=recordings))
        opened.pop_all()
    return sinks


def _open_video(outputs: Outputs, cameras: Sequence[str]) -> VideoSink | None:
    if outputs.video is None:
        return None
    path = Path(outputs.video) if outputs.video else (outputs.report or Path()) / VIDEO_NAME
    return VideoSink(path, cameras=cameras)


def is_live(cameras: Cameras) -> bool:
    """Whether any source is a camera rather than a recording."""
    return any(source.live for source, _ in cameras)


def bind_address(settings: Settings, live: bool) -> str:
    """The address to publish on, empty for none."""
    bind = settings.events.bind
    if bind == "auto":
        return DEFAULT_BIND if live else ""
    return "" if bind == "none" else bind


def load_of_bus(sinks: Sequence[Sink]) -> Callable[[], BusLoad]:
    """What tells how much waits to be sent; nothing does where nothing is published."""
    return next((sink.load for sink in sinks if isinstance(sink, Publisher)), BusLoad)


def preview_bind_address(settings: Settings, live: bool) -> str:
    """The address to publish previews on, empty for none. Raises ValueError where none can follow from events.bind."""
    events, bind = settings.events, bind_address(settings, live)
    if not events.preview_fps or events.preview_bind == "none":
        return ""
    if events.preview_bind != "auto":
        return events.preview_bind
    return preview_address(bind) if bind else ""


def _open_previews(bind: str, settings: Settings, epoch: str) -> PreviewPublisher:
    events = settings.events
    return PreviewPublisher(
        bind,
        node=settings.node,
        epoch=epoch,
        fps=events.preview_fps,
        long_side=events.preview_px,
        curve=events.curve,
    )


def _guard(sink: Sink, name: str, live: bool) -> Sink:
    """On live cameras, a failure of this sink must not end the run."""
    return SinkGuard(sink, name) if live else sink


def _report_info(settings: Settings, cameras: Cameras, models: Models, moments: Moments) -> ReportInfo:
    sources = [
        Path(source.location).name if source.is_local_recording else source.redacted_location for source, _ in cameras
    ]
    return ReportInfo(
        title=", ".join(source.name for source, _ in cameras),
        settings_text=format_settings(settings),
        facts={"Source": ", ".join(sources), **models.names},
        live=is_live(cameras),
        portrait=models.portrait,
        group=models.group,
        moment=moments.find,
    )
