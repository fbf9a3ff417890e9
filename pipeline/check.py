"""`--check`: open models, gallery and sources as a run would, and take one frame from each source."""

import time
from contextlib import closing

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from detectors.runtime import Runtime
from pipeline.build import (
    finding_source,
    identification_of,
    model_names,
    open_detector,
    open_gallery,
    open_recognizer,
    open_sources,
)
from pipeline.capture.devices import describe_devices, list_devices
from pipeline.capture.feed import Feed
from pipeline.capture.mailbox import Mailbox
from pipeline.capture.open import open_reader
from pipeline.capture.sources import Source, SourceKind
from pipeline.settings.types import CameraSettings, Settings
from pipeline.sinks.open import bind_address, is_live
from pipeline.types import CameraState, Frame
from recognizer.base import Recognizer
from recognizer.load import shipped_calibration

# Beyond the camera's own time limit for connecting: time to decode up to a first frame.
FIRST_FRAME_SECONDS = 5.0


def check(settings: Settings, console: Console) -> bool:
    """Print one line for each part that was opened; returns whether every source gave a frame.

    Raises what `build` raises for configuration and models.
    """
    runtime = Runtime(settings.device, settings.threads)
    table = Table("part", "used", box=None, pad_edge=False)
    detector, recognizer = open_detector(settings, runtime), open_recognizer(settings, runtime)
    names = model_names(settings, detector, recognizer)
    if recognizer and settings.gallery:
        names["Gallery"] += f", {_count_people(settings, recognizer)} people"
    for part, name in names.items():
        table.add_row(part.lower(), escape(name))
    complete = True
    sources = open_sources(settings)
    table.add_row("device", settings.device)
    table.add_row("events", bind_address(settings, is_live(sources)) or "not published")
    for source, camera in sources:
        frame = first_frame(source, camera)
        complete = complete and isinstance(frame, Frame)
        if isinstance(frame, str) and source.kind is SourceKind.WEBCAM:
            frame += f"; {describe_devices(list_devices())}"
        table.add_row(source.name, _describe(frame))
        if camera.sub_stream:
            frame = first_frame(finding_source(source, camera), camera)
            complete = complete and isinstance(frame, Frame)
            table.add_row(f"{source.name}, sub-stream", _describe(frame))
    console.print(table)
    return complete


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


def _count_people(settings: Settings, recognizer: Recognizer) -> int:
    with closing(open_gallery(settings)) as people:
        return identification_of(settings, recognizer, people, None).matcher.people


def _describe(frame: Frame | str) -> str:
    if isinstance(frame, str):
        return f"[red]{escape(frame)}[/]"
    width, height = frame.size
    return f"{width}x{height}"
