"""Lays the story out as one HTML file without anything outside it.

Names, reasons and settings come from other people's folders and files: Jinja escapes all of them, and the page carries
a policy that lets no script run but its own, which the browser knows by its hash.
"""

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from pathlib import Path

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from pipeline.sinks.report import summary, words
from pipeline.sinks.report.page import CameraStory, Story
from pipeline.sinks.report.records import TrackRecord
from pipeline.sinks.report.timeline import Timeline, span, timeline
from pipeline.version import VERSION

MAX_CARDS = 1000
MAX_CARDS_RUNNING = 200
MARKS = {"named": "●", "candidate": "◐", "ambiguous": "◆", "unknown": "○"}


def render(story: Story, faces: Path) -> bytes:
    """The page as UTF-8; `faces` is the folder with the crops that the records name."""
    shown = summary.worth_showing(story.records, MAX_CARDS_RUNNING if story.running else MAX_CARDS)
    text = _template().render(
        story=story,
        version=VERSION,
        written=_moment(story.times[1]),
        began=_moment(story.times[0]),
        shown=shown,
        pictures={record.name: _picture(faces, record.crop) for record in shown},
        people=summary.people(story.records),
        bands=summary.bands(story.records),
        counts=summary.count(story.records),
        timelines=[(camera, _timeline(story, shown, camera)) for camera in story.cameras],
        css=_resource("report.css"),
        script=_resource("report.js"),
        script_hash=_hash(_resource("report.js")),
        marks=MARKS,
        words=words,
        span=lambda record: span(record, live=story.live),
    )
    return text.encode(errors="backslashreplace")  # file names that are no UTF-8 come as lone surrogates


def _timeline(story: Story, shown: Sequence[TrackRecord], camera: CameraStory) -> Timeline:
    return timeline([record for record in shown if record.camera == camera.name], live=story.live)


def _picture(faces: Path, crop: str) -> str:
    """A data URI; empty where there is no picture, or it was taken away meanwhile."""
    try:
        data = (faces / crop).read_bytes() if crop else b""
    except FileNotFoundError:
        data = b""
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}" if data else ""


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


@lru_cache(maxsize=8)
def _resource(name: str) -> str:
    return resources.files("pipeline.sinks.report").joinpath("templates", name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FunctionLoader(_resource),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("index.html.j2")
