"""`--check`: open models, gallery and sources as a run would, and take one frame from each source."""

import time
from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from detectors.runtime import Runtime
from pipeline.build import finding_source, identification_of, open_detector, open_gallery, open_recognizer, open_sources
from pipeline.capture.feed import Feed
from pipeline.capture.mailbox import Mailbox
from pipeline.capture.open import open_reader
from pipeline.capture.sources import Source
from pipeline.settings.types import CameraSettings, RecognizerSettings, Settings
from pipeline.types import CameraState, Frame
from recognizer.load import shipped_calibration

# Beyond the camera's own time limit for connecting: time to decode up to a first frame.
FIRST_FRAME_SECONDS = 5.0


def check(settings: Settings, console: Console) -> bool:
    """Print one line for each part that was opened; returns whether every source gave a frame.

    Raises what `build` raises for configuration and models.
    """
    runtime = Runtime(settings.device, settings.threads)
    table = Table("part", "found", box=None, pad_edge=False)
    table.add_row("detector", open_detector(settings, runtime).name)
    _add_recognizer(table, settings, runtime)
    complete = True
    for source, camera in open_sources(settings):
        frame = first_frame(source, camera)
        complete = complete and isinstance(frame, Frame)
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


def _add_recognizer(table: Table, settings: Settings, runtime: Runtime) -> None:
    recognizer = open_recognizer(settings, runtime)
    if recognizer is None:
        return
    with closing(open_gallery(settings)) as people:
        matcher = identification_of(settings, recognizer, people, None).matcher
        table.add_row("recognizer", f"{recognizer.model_id}, {recognizer.dim}-d")
        table.add_row("calibration", _describe_calibration(settings.recognizer))
        table.add_row("gallery", f"{matcher.people} people")


def _describe_calibration(recognizer: RecognizerSettings) -> str:
    """The file whose error rates apply, as `recognizer.load.open_calibration` chooses it."""
    if recognizer.calibration:
        return recognizer.calibration
    shipped = shipped_calibration(recognizer.model)
    return f"{Path(shipped).name}, which ships" if shipped else "none: cautious built-in thresholds"


def _describe(frame: Frame | str) -> str:
    if isinstance(frame, str):
        return f"[red]{escape(frame)}[/]"
    width, height = frame.size
    return f"{width}x{height}"
