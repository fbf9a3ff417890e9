"""Which sinks a run has, from what was asked for on the command line and in the configuration."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from configs.read import ConfigurationError
from pipeline.bus.publisher import Publisher
from pipeline.capture.recording import estimate_seconds
from pipeline.capture.sources import Source
from pipeline.settings.load import shown
from pipeline.settings.types import CameraSettings, Settings
from pipeline.sink import Sink
from pipeline.sinks.guard import SinkGuard
from pipeline.sinks.jsonl import JsonlSink
from pipeline.sinks.log import LogSink
from pipeline.sinks.progress import ProgressSink
from pipeline.sinks.report.sink import ReportInfo, ReportSink
from pipeline.sinks.video import VideoSink
from pipeline.sinks.window import WindowSink, require_display

DEFAULT_BIND = "tcp://127.0.0.1:5556"
VIDEO_NAME = "annotated.mp4"

Cameras = Sequence[tuple[Source, CameraSettings]]


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What a run leaves.

    events: JSONL file, - for standard output, empty for none.  report: its folder.  video: annotated MP4, empty text
    for one in the report's folder, None for none.  console: where progress goes, None for none.
    """

    events: str = ""
    report: Path | None = None
    video: str | None = None
    show: bool = False
    resume: bool = False
    console: Console | None = None

    def __post_init__(self) -> None:
        if self.resume and self.report is None:
            raise ConfigurationError("--resume needs --report DIR: its journal lies in that folder")
        if self.video == "" and self.report is None:
            raise ConfigurationError("--save-video needs a file, or --report DIR to put one into")


def open_sinks(
    settings: Settings, outputs: Outputs, cameras: Cameras, *, epoch: str, stop: Callable[[str], None]
) -> list[Sink]:
    """Every sink asked for, in the order they are told; those opened are closed again if a later one cannot be.

    stop: ends the run, when nobody is left to look at it. Raises ConfigurationError, ValueError or OSError.
    """
    with ExitStack() as undo:
        sinks = []
        for make in (_logbook, _bus, _lines, _report, _video, _window, _progress):
            sink = make(settings, outputs, cameras, epoch=epoch, stop=stop)
            if sink is not None:
                sinks.append(undo.enter_context(closing(sink)))
        undo.pop_all()
        return sinks


def is_live(cameras: Cameras) -> bool:
    """Whether any source is a camera rather than a recording."""
    return any(source.live for source, _ in cameras)


def _logbook(settings: Settings, outputs: Outputs, cameras: Cameras, *, epoch: str, stop: object) -> Sink | None:
    return LogSink() if is_live(cameras) else None  # of a recording the report tells the same, better


def _bus(settings: Settings, outputs: Outputs, cameras: Cameras, *, epoch: str, stop: object) -> Sink | None:
    given = settings.events
    bind = given.bind
    if bind == "auto":
        bind = DEFAULT_BIND if is_live(cameras) else "none"
    if bind == "none":
        return None
    return Publisher(bind, node=settings.node, epoch=epoch, curve=given.curve, outbox=given.outbox)


def _lines(
    settings: Settings, outputs: Outputs, cameras: Cameras, *, epoch: str, stop: Callable[[str], None]
) -> Sink | None:
    if not outputs.events:
        return None
    return JsonlSink(outputs.events, on_reader_closed=lambda: stop("the reader of the events went away"))


def _report(settings: Settings, outputs: Outputs, cameras: Cameras, *, epoch: str, stop: object) -> Sink | None:
    if outputs.report is None:
        return None
    info = ReportInfo(
        title=", ".join(source.name for source, _ in cameras),
        settings_text=shown(settings),
        facts=_facts(settings, cameras),
        live=is_live(cameras),
    )
    return _alone(ReportSink(outputs.report, info), "report", cameras)


def _alone(sink: Sink, name: str, cameras: Cameras) -> Sink:
    """A sink whose failure does not end the watch over cameras."""
    return SinkGuard(sink, name) if is_live(cameras) else sink


def _facts(settings: Settings, cameras: Cameras) -> dict[str, str]:
    sources = ", ".join(
        Path(source.location).name if source.is_local_recording else source.redacted_location for source, _ in cameras
    )
    return {
        "Source": sources,
        "Detector": Path(settings.detector.model).name,
        "Recogniser": Path(settings.recognizer.model).name or "none",
        "Gallery": Path(settings.gallery).name or "none",
    }


def _video(settings: Settings, outputs: Outputs, cameras: Cameras, *, epoch: str, stop: object) -> Sink | None:
    if outputs.video is None:
        return None
    path = Path(outputs.video) if outputs.video else (outputs.report or Path()) / VIDEO_NAME
    return _alone(VideoSink(path, cameras=[source.name for source, _ in cameras]), "video", cameras)


def _window(
    settings: Settings, outputs: Outputs, cameras: Cameras, *, epoch: str, stop: Callable[[str], None]
) -> Sink | None:
    if not outputs.show:
        return None
    require_display()
    return WindowSink(lambda: stop("the window was closed"))


def _progress(settings: Settings, outputs: Outputs, cameras: Cameras, *, epoch: str, stop: object) -> Sink | None:
    if outputs.console is None or is_live(cameras):
        return None
    totals = {source.name: estimate_seconds(source, camera) for source, camera in cameras}
    return ProgressSink(totals, console=outputs.console)
