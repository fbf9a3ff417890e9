"""`--check`: open models, gallery and sources as a run would, and take one frame from each source."""

import time
from collections.abc import Iterator
from contextlib import closing

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from detectors.runtime import Runtime
from pipeline.alerts.deliver.receivers import describe_deliveries
from pipeline.capture.devices import describe_devices, list_devices
from pipeline.capture.feed import Feed
from pipeline.capture.mailbox import Mailbox
from pipeline.capture.open import open_reader
from pipeline.capture.sources import Source, SourceKind
from pipeline.parts.identification import identification_of, open_gallery
from pipeline.parts.models import model_names, open_detector, open_recognizer
from pipeline.parts.sources import finding_source, open_sources
from pipeline.secrets.redact import redact
from pipeline.settings.types import CameraSettings, Settings
from pipeline.sinks.open import bind_address, is_live
from pipeline.types import CameraReport, CameraState, Frame
from recognizer.base import Recognizer
from recognizer.load import open_scoring, shipped_calibration
from recognizer.worst_group import describe_groups

# Beyond the camera's own time limit for connecting: time to decode up to a first frame.
FIRST_FRAME_SECONDS = 5.0


class SourceFound(msgspec.Struct, frozen=True):
    """What a source gave. found: the size of its first frame, or why there is none, without secrets."""

    name: str
    usable: bool
    found: str


class Findings(msgspec.Struct, frozen=True):
    """What a run would use. parts: what stands for detector, recogniser, gallery and so on, by their names."""

    parts: dict[str, str]
    sources: list[SourceFound]

    @property
    def complete(self) -> bool:
        """Whether every source gave a frame."""
        return all(source.usable for source in self.sources)


def check(settings: Settings) -> Findings:
    """Open each part as a run would, and take a frame from each source.

    Raises what `build` raises for configuration and models.
    """
    runtime = Runtime(settings.device, settings.threads)
    detector, recognizer = open_detector(settings, runtime), open_recognizer(settings, runtime)
    names = model_names(settings, detector, recognizer)
    if recognizer and settings.gallery:
        people = _count_people(settings, recognizer)
        names["Gallery"] += f", {people} {'person' if people == 1 else 'people'}"
    if recognizer:
        names["Thresholds"] = _describe_thresholds(settings, recognizer)
    sources = open_sources(settings)
    parts = {part.lower(): name for part, name in names.items()}
    parts |= {"device": settings.device, "events": bind_address(settings, is_live(sources)) or "not published"}
    parts |= describe_deliveries(settings)
    return Findings(parts, [found for source, camera in sources for found in _try_source(source, camera)])


def print_findings(findings: Findings, console: Console) -> None:
    """One line for each part and source."""
    table = Table("part", "used", box=None, pad_edge=False)
    for part, name in findings.parts.items():
        table.add_row(part, escape(name))
    for source in findings.sources:
        table.add_row(escape(source.name), escape(source.found), style=None if source.usable else "red")
    console.print(table)


def _try_source(source: Source, camera: CameraSettings) -> Iterator[SourceFound]:
    """What a source gives, and its sub-stream where it has one."""
    frame = first_frame(source, camera)
    if isinstance(frame, str) and source.kind is SourceKind.WEBCAM:
        frame += f"; {describe_devices(list_devices())}"
    yield _found(source.name, frame)
    if camera.sub_stream:
        yield _found(f"{source.name}, sub-stream", first_frame(finding_source(source, camera), camera))


def first_frame(source: Source, camera: CameraSettings) -> Frame | str:
    """The first frame of a source, or why there is none."""
    mailbox = Mailbox()
    limit = camera.connect_seconds + FIRST_FRAME_SECONDS
    deadline = time.monotonic() + limit
    reason = f"no frame within {limit:g} s"
    with Feed(mailbox, [open_reader(source, mailbox, camera)]) as feed:
        while feed.open and (remaining := deadline - time.monotonic()) > 0:
            for item in feed.take(remaining):
                if isinstance(item, Frame):
                    return item
                if isinstance(item, CameraReport):
                    if item.state is CameraState.FAILED:
                        return item.reason
                    reason = item.reason or reason
    return reason


def settings_in_use(settings: Settings) -> Settings:
    """The settings with what a run puts in place of empty and automatic values, where that is one value."""
    model = settings.recognizer
    filled = msgspec.structs.replace(model, calibration=model.calibration or shipped_calibration(model.model))
    bind = bind_address(settings, is_live(open_sources(settings))) or "none"
    return msgspec.structs.replace(
        settings, recognizer=filled, events=msgspec.structs.replace(settings.events, bind=bind)
    )


def _describe_thresholds(settings: Settings, recognizer: Recognizer) -> str:
    model = settings.recognizer
    calibration = open_scoring(recognizer, model=model.model, file=model.calibration).calibration
    return describe_groups(calibration.worst_group, settings.decision.groups)


def _count_people(settings: Settings, recognizer: Recognizer) -> int:
    with closing(open_gallery(settings, live=False)) as people:
        return identification_of(settings, recognizer, people, None).matcher.people


def _found(name: str, frame: Frame | str) -> SourceFound:
    if isinstance(frame, str):
        return SourceFound(name, False, redact(frame))
    width, height = frame.size
    return SourceFound(name, True, f"{width}x{height}")
