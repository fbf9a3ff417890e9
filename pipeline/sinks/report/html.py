"""Renders the page as one HTML file that needs no other file and no network.

Names, reasons and settings come from other people's files: Jinja escapes all of them, and the page's content security
policy allows only its own script, by hash.
"""

import base64
import hashlib
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from pipeline.sinks.report import describe, summary
from pipeline.sinks.report.records import CameraRecord, ReportData, TrackRecord
from pipeline.sinks.report.timeline import Timeline, lay_out_timeline, time_span
from pipeline.site.bidi import isolate, isolating
from pipeline.site.site_time import stamp, zone_words
from pipeline.version import VERSION

MAX_CARDS = 1000
MAX_CARDS_RUNNING = 200
MARKS = {"named": "●", "candidate": "◐", "ambiguous": "◆", "unknown": "○"}


def render(report: ReportData, faces: Path) -> bytes:
    """Return the page as UTF-8. faces: the folder of the crops that the records name."""
    shown = summary.select_for_page(report.records, MAX_CARDS_RUNNING if report.running else MAX_CARDS)
    started, written = report.times
    text = _template().render(
        report=report,
        version=VERSION,
        started=stamp(started),
        written=stamp(written),
        zone=zone_words(started),
        shown=shown,
        images={record.name: _image_uri(faces, record.crop) for record in shown},
        portraits={name: _data_uri(data, "webp") for name, data in report.portraits.items()},
        stranger_of=_stranger_letters(report),
        people=summary.group_by_person(report.records),
        bands=summary.count_by_size(report.records),
        counts=summary.count_by_state(report.records),
        timelines=[(camera, _camera_timeline(report, shown, camera)) for camera in report.cameras],
        css=_read_template("report.css"),
        script=_read_template("report.js"),
        script_hash=_sha256_base64(_read_template("report.js")),
        marks=MARKS,
        describe=describe,
        time_span=lambda record: time_span(record, live=report.live),
    )
    return text.encode(errors="backslashreplace")  # file names that are not UTF-8 contain lone surrogates


def _camera_timeline(report: ReportData, shown: Sequence[TrackRecord], camera: CameraRecord) -> Timeline:
    return lay_out_timeline([record for record in shown if record.camera == camera.name], live=report.live)


def _stranger_letters(report: ReportData) -> dict[str, str]:
    """The letter of each track in a group of strangers, by the track's name."""
    return {record.name: name_of_group(number) for number, group in enumerate(report.strangers) for record in group}


def name_of_group(number: int) -> str:
    """A, B, … Z, AA, AB, … for 0, 1, …"""
    higher, letter = divmod(number, 26)
    return (name_of_group(higher - 1) if higher else "") + chr(ord("A") + letter)


def _image_uri(faces: Path, crop: str) -> str:
    """Return a data URI; empty if there is no crop or its file was deleted."""
    try:
        data = (faces / crop).read_bytes() if crop else b""
    except FileNotFoundError:
        data = b""
    return _data_uri(data, "jpeg") if data else ""


def _data_uri(data: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def _sha256_base64(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


@lru_cache(maxsize=8)
def _read_template(name: str) -> str:
    return resources.files("pipeline.sinks.report").joinpath("templates", name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FunctionLoader(_read_template),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"name": isolate, "isolating": isolating}
    return environment.get_template("index.html.j2")
