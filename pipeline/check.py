"""`--check`: would this run work? Models, gallery and sources are opened for real, one frame is taken of each."""

import time

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from detectors.runtime import Runtime
from pipeline.build import identification_of, open_detector, open_gallery, open_recognizer, open_sources
from pipeline.capture.feed import Feed
from pipeline.capture.mailbox import Mailbox
from pipeline.capture.open import open_reader
from pipeline.capture.sources import Source
from pipeline.settings.types import CameraSettings, Settings
from pipeline.types import CameraState, Frame

OK, UNREACHABLE = 0, 3
# Beyond the camera's own limit for connecting: what decoding up to a first frame may take, seconds.
GRACE = 5.0


def check(settings: Settings, console: Console) -> int:
    """Print what was found, one line each; 0 when all is well, 3 when a source gave no frame.

    Raises what `build` raises for configuration and models.
    """
    runtime = Runtime(settings.device, settings.threads)
    table = Table("part", "found", box=None, pad_edge=False)
    table.add_row("detector", open_detector(settings, runtime).name)
    recognizer = open_recognizer(settings, runtime)
    if recognizer:
        people = open_gallery(settings)
        try:
            matcher = identification_of(settings, recognizer, people, None).matcher
            table.add_row("recognizer", f"{recognizer.model_id}, {recognizer.dim}-d")
            table.add_row("calibration", settings.recognizer.calibration or "none: cautious built-in thresholds")
            table.add_row("gallery", f"{matcher.people} people")
        finally:
            people.close()
    answers = [(source, first_frame(source, camera)) for source, camera in open_sources(settings)]
    for source, answer in answers:
        table.add_row(source.name, _said(answer))
    console.print(table)
    return UNREACHABLE if any(isinstance(answer, str) for _, answer in answers) else OK


def first_frame(source: Source, camera: CameraSettings) -> Frame | str:
    """The first frame a source gives, or why there is none."""
    mailbox = Mailbox()
    deadline = time.monotonic() + camera.connect_seconds + GRACE
    reason = f"no frame within {camera.connect_seconds + GRACE:g} s"
    with Feed(mailbox, [open_reader(source, mailbox, camera)]) as feed:
        while feed.open and (left := deadline - time.monotonic()) > 0:
            for item in feed.take(left):
                if isinstance(item, Frame):
                    return item
                if item.state is CameraState.FAILED:
                    return item.reason
                reason = item.reason or reason
    return reason


def _said(answer: Frame | str) -> str:
    if isinstance(answer, str):
        return f"[red]{escape(answer)}[/]"
    height, width = answer.image.shape[:2]
    return f"{width}x{height}"
