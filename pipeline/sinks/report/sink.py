"""Collects a run into a folder: events.jsonl, tracks.csv, faces/ and index.html.

The page is written at the start, once a minute and at the end, each time as a whole file. So during a run, or after a
power cut, there is a complete page that shows how far the run has come. While cameras are watched, a full disk stops
neither them nor the report: pictures wait in memory, and what could not be written is tried again with the next page.
"""

import logging
import re
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.events import Event, TrackAction, TrackEvent
from pipeline.secrets.private_files import make_private_folder, replace_private
from pipeline.secrets.redact import redact
from pipeline.sink import FrameResult
from pipeline.sinks.jsonl import JsonlSink
from pipeline.sinks.report.crops import BestCrop
from pipeline.sinks.report.html import render
from pipeline.sinks.report.records import Moment, ReportData, TrackRecord
from pipeline.sinks.report.run_records import RunRecords
from pipeline.sinks.report.strangers import GroupFn, StrangerFaces
from pipeline.sinks.report.tracks_csv import tracks_to_csv
from recognizer.base import State

REFRESH_SECONDS = 60.0
# The share of time that writing pages may take. After a week a page takes seconds, during which no frame is processed.
MAX_WRITING_SHARE = 0.01
MAX_WAITING_CROPS = 1000  # of tracks that have ended, while the disk is full

log = logging.getLogger(__name__)

FILM = re.compile(r"annotated(-.+)?(\.part|\.new)?\.mp4")


@dataclass(frozen=True, slots=True)
class ReportInfo:
    """The head of the page, and what it asks of others.

    settings_text: the effective configuration.
    facts: further lines, such as Detector, Recogniser, Gallery.
    live: cameras rather than recordings, so that times are times of day.
    portrait: the enrolled picture of a person (WebP), None where none is kept.
    group: which strangers are alike; None: they are not grouped.
    moment: where a track can be watched (`records.Moment`), None where nothing can be.
    """

    title: str
    settings_text: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    live: bool = False
    portrait: Callable[[str], bytes | None] = lambda person: None
    group: GroupFn | None = None
    moment: Callable[[TrackRecord], Moment | None] = lambda record: None


class ReportSink:
    """A sink that writes a report into `folder`, which it creates; an earlier report there is replaced.

    records: collects the figures; the table at the end of a run reads them too.
    clock: Unix seconds, shown on the page.  ticks: monotonic seconds.  lost_crops: pictures that could not be kept.
    Raises OSError if the folder cannot be written; of live cameras, only at the start and in `close`.
    """

    def __init__(
        self,
        folder: Path,
        info: ReportInfo,
        records: RunRecords | None = None,
        *,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._info, self._clock, self._ticks = folder, info, clock, ticks
        self._records = records or RunRecords()
        self._crops: dict[tuple[str, int], BestCrop] = {}
        self._ended: dict[tuple[str, int], None] = {}  # tracks whose crop waits until it can be written
        self._failure: OSError | None = None
        self.lost_crops = 0
        self._strangers = StrangerFaces(info.group)
        self._start_time = clock()
        self._next_write = 0.0
        self._closed = False
        _prepare_folder(folder)
        self._events = JsonlSink(folder / "events.jsonl")
        self._write(running=True)

    def on_event(self, event: Event) -> None:
        """Add an event."""
        self._events.on_event(event)
        self._records.on_event(event)
        if isinstance(event, TrackEvent) and event.action is TrackAction.END:
            key = (event.camera, event.track)
            self._ended[key] = None
            if self._try_to(self._save_ended):
                self._forget_ended()
            self._strangers.end(self._records.track(*key))

    def on_frame(self, result: FrameResult) -> None:
        """Add the faces of a frame, and rewrite the page if it is due."""
        frame = result.frame
        self._records.on_frame(result)
        for track in result.tracks:
            self._crops.setdefault((frame.camera, track.id), BestCrop()).update(frame.image, track)
        self._strangers.see(frame.camera, result.pooled)
        if self._ticks() >= self._next_write and not self._try_to(lambda: self._write(running=True)):
            self._next_write = self._ticks() + REFRESH_SECONDS

    def close(self) -> None:
        """Write the final report; may be called twice. Raises OSError where the page, pictures or events could not be
        written."""
        if self._closed:
            return
        self._closed = True
        with closing(self._events):
            self._write(running=False)
            if self.lost_crops:
                raise OSError(f"report {self._folder}: {self._failure}; lost pictures: {self.lost_crops}")

    def _try_to(self, write: Callable[[], None]) -> bool:
        """Whether it could be written. Of a recording a failure is raised: the report is what its run is for."""
        try:
            write()
        except OSError as error:
            if not self._info.live:
                raise
            if self._failure is None:
                log.error("report %s: cannot be written for now: %s; the cameras go on", self._folder, error)
            self._failure = error
            return False
        return True

    def _save_ended(self) -> None:
        """Write the crops of tracks that have ended; the oldest are lost where too many wait."""
        while len(self._ended) > MAX_WAITING_CROPS:
            oldest = next(iter(self._ended))
            self._ended.pop(oldest)
            self.lost_crops += self._crops.pop(oldest, None) is not None
        for key in self._ended:
            self._save_crop(key)

    def _forget_ended(self) -> None:
        for key in self._ended:
            self._crops.pop(key, None)
        self._ended.clear()

    def _save_crop(self, key: tuple[str, int]) -> None:
        data = self._crops[key].to_jpeg() if key in self._crops else None
        if data is not None:
            record = self._records.track(*key)
            record.crop = f"{record.name}.jpg"
            replace_private(self._folder / "faces" / record.crop, data)

    def _write(self, *, running: bool) -> None:
        started = self._ticks()
        self._save_ended()
        self._forget_ended()
        for key in self._crops:
            self._save_crop(key)
        report = self._collect(running=running)
        replace_private(self._folder / "tracks.csv", tracks_to_csv(report.records, live=report.live))
        replace_private(self._folder / "index.html", render(report, self._folder / "faces"))
        ended = self._ticks()
        self._next_write = max(started + REFRESH_SECONDS, ended + (ended - started) / MAX_WRITING_SHARE)

    def _collect(self, *, running: bool) -> ReportData:
        """Return the data of the page. Secrets are removed, because reports are passed on."""
        info, records = self._info, self._records.tracks
        named = {record.person for record in records if record.state is State.NAMED and record.person}
        moments = ((record.name, info.moment(record)) for record in records)
        return ReportData(
            info.title,
            redact(info.settings_text),
            {name: redact(value) for name, value in info.facts.items()},
            info.live,
            running,
            (self._start_time, self._clock()),
            records,
            sorted(self._records.cameras, key=lambda camera: camera.name),
            portraits={name: data for name in sorted(named) if (data := info.portrait(name))},
            moments={name: moment for name, moment in moments if moment},
            strangers=self._strangers.groups(records),
            dropped=self._records.dropped,
        )


def _prepare_folder(folder: Path) -> None:
    """Create the folder, and delete events, crops and films of an earlier report.

    Without an earlier report (no tracks.csv) images in `faces` and films belong to somebody else and stay.
    """
    faces = folder / "faces"
    make_private_folder(faces)
    (folder / "events.jsonl").unlink(missing_ok=True)
    if not (folder / "tracks.csv").exists():
        return
    for file in faces.iterdir():
        if re.fullmatch(r".+-\d+\.jpg", file.name):
            file.unlink()
    for file in folder.iterdir():
        if FILM.fullmatch(file.name):
            file.unlink()
