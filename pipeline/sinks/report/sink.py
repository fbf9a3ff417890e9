"""Collects a run into a folder: events.jsonl, tracks.csv, faces/ and index.html.

The page is written at the start, once a minute and at the end, each time as a whole file. So during a run, or after a
power cut, there is a complete page that shows how far the run has come.
"""

import re
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.events import CameraEvent, Event, IdentityEvent, TrackAction, TrackEvent
from pipeline.secrets.private_files import make_private_folder, replace_private
from pipeline.secrets.redact import redact
from pipeline.sink import FrameResult
from pipeline.sinks.jsonl import JsonlSink
from pipeline.sinks.report.crops import BestCrop
from pipeline.sinks.report.html import render
from pipeline.sinks.report.records import CameraRecord, NameChange, ReportData, TrackRecord
from pipeline.sinks.report.tracks_csv import tracks_to_csv

REFRESH_SECONDS = 60.0
# The share of time that writing pages may take. After a week a page takes seconds, during which no frame is processed.
MAX_WRITING_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class ReportInfo:
    """The head of the page.

    settings_text: the effective configuration.
    facts: further lines, such as Detector, Recogniser, Gallery.
    live: cameras rather than recordings, so that times are times of day.
    """

    title: str
    settings_text: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    live: bool = False


class ReportSink:
    """A sink that writes a report into `folder`, which it creates; an earlier report there is replaced.

    clock: Unix seconds, shown on the page.  ticks: monotonic seconds.
    Raises OSError if the folder cannot be written.
    """

    def __init__(
        self,
        folder: Path,
        info: ReportInfo,
        *,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._info, self._clock, self._ticks = folder, info, clock, ticks
        self._records: dict[tuple[str, int], TrackRecord] = {}
        self._crops: dict[tuple[str, int], BestCrop] = {}
        self._cameras: dict[str, CameraRecord] = {}
        self._start_time = clock()
        self._next_write = 0.0
        self._closed = False
        _prepare_folder(folder)
        self._events = JsonlSink(folder / "events.jsonl")
        self._write(running=True)

    def on_event(self, event: Event) -> None:
        """Add an event."""
        self._events.on_event(event)
        if isinstance(event, TrackEvent):
            self._add_track_event(event)
        elif isinstance(event, IdentityEvent):
            record = self._record(event.camera, event.track, event.media_time, event.wall_time)
            record.evidence = event.evidence
            record.changes.append(NameChange.of(event))
        elif isinstance(event, CameraEvent):
            self._camera(event.camera).add_event(event)

    def on_frame(self, result: FrameResult) -> None:
        """Add the faces of a frame, and rewrite the page if it is due."""
        frame = result.frame
        self._camera(frame.camera).add_frame(frame)
        for track in result.tracks:
            key = (frame.camera, track.id)
            record = self._record(*key, frame.media_time - track.age, frame.wall_time - track.age)
            record.add_frame(frame.media_time, frame.wall_time, track.face_px)
            self._crops.setdefault(key, BestCrop()).update(frame.image, track)
        if self._ticks() >= self._next_write:
            self._write(running=True)

    def close(self) -> None:
        """Write the final report; may be called twice. Raises OSError where the page or events could not be written."""
        if self._closed:
            return
        self._closed = True
        with closing(self._events):
            self._write(running=False)

    def _add_track_event(self, event: TrackEvent) -> None:
        key = (event.camera, event.track)
        record = self._record(*key, event.media_time - event.age, event.wall_time - event.age)
        record.evidence = event.evidence or record.evidence
        if event.action is TrackAction.END:
            record.last = max(record.last, record.first + event.age)
            record.ended, record.end_reason = True, event.reason
            self._save_crop(key)
            self._crops.pop(key, None)

    def _record(self, camera: str, track: int, first: float, first_wall: float) -> TrackRecord:
        key = (camera, track)
        if key not in self._records:
            self._records[key] = TrackRecord(camera, track, max(0.0, first), max(0.0, first), first_wall, first_wall)
        return self._records[key]

    def _camera(self, camera: str) -> CameraRecord:
        return self._cameras.setdefault(camera, CameraRecord(camera))

    def _save_crop(self, key: tuple[str, int]) -> None:
        data = self._crops[key].to_jpeg() if key in self._crops else None
        if data is not None:
            record = self._records[key]
            record.crop = f"{record.name}.jpg"
            replace_private(self._folder / "faces" / record.crop, data)

    def _write(self, *, running: bool) -> None:
        started = self._ticks()
        for key in self._crops:
            self._save_crop(key)
        report = self._collect(running=running)
        replace_private(self._folder / "tracks.csv", tracks_to_csv(report.records, live=report.live))
        replace_private(self._folder / "index.html", render(report, self._folder / "faces"))
        ended = self._ticks()
        self._next_write = max(started + REFRESH_SECONDS, ended + (ended - started) / MAX_WRITING_SHARE)

    def _collect(self, *, running: bool) -> ReportData:
        """Return the data of the page. Secrets are removed, because reports are passed on."""
        info = self._info
        return ReportData(
            info.title,
            redact(info.settings_text),
            {name: redact(value) for name, value in info.facts.items()},
            info.live,
            running,
            (self._start_time, self._clock()),
            sorted(self._records.values(), key=lambda record: record.sort_key),
            [self._cameras[name] for name in sorted(self._cameras)],
        )


def _prepare_folder(folder: Path) -> None:
    """Create the folder, and delete events and crops of an earlier report.

    Without an earlier report (no tracks.csv) the images in `faces` belong to somebody else and stay.
    """
    faces = folder / "faces"
    make_private_folder(faces)
    (folder / "events.jsonl").unlink(missing_ok=True)
    if not (folder / "tracks.csv").exists():
        return
    for file in faces.iterdir():
        if re.fullmatch(r".+-\d+\.jpg", file.name):
            file.unlink()
