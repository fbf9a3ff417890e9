"""Gathers a run into a folder: events.jsonl, tracks.csv, faces/ and index.html, valid however the run ends.

The page is written at the start, once a minute and at the end, each time whole: whoever opens it during a run, or after
a power cut, finds a report that says how much of the story it tells.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.events import CameraEvent, Event, IdentityEvent, TrackAction, TrackEvent
from pipeline.redact import redact
from pipeline.sink import FrameResult
from pipeline.sinks.jsonl import JsonlSink
from pipeline.sinks.report.crops import BestCrop
from pipeline.sinks.report.files import write_whole
from pipeline.sinks.report.html import render
from pipeline.sinks.report.page import CameraStory, Story
from pipeline.sinks.report.records import Change, TrackRecord, in_order
from pipeline.sinks.report.tracks_csv import tracks_csv

REFRESH_SECONDS = 60.0
MOST_TIME = 0.01
"""Share of the time that writing pages may take: after a week's tracks, one takes seconds in which no frame is seen."""


@dataclass(frozen=True, slots=True)
class ReportInfo:
    """What the header says. Nothing here may hold a secret: the report is made to be handed on.

    settings_text: the effective configuration.  facts: further lines, such as Detector, Recogniser, Gallery.
    live: cameras rather than recordings, so that times are times of day.
    """

    title: str
    settings_text: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    live: bool = False


class ReportSink:
    """A sink that leaves a report in `folder`, which it makes; earlier reports there are replaced.

    clock: Unix seconds, told on the page; ticks: monotonic ones. Raises OSError when the folder cannot be written.
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
        self._cameras: dict[str, CameraStory] = {}
        self._started = clock()
        self._due = 0.0
        self._closed = False
        _clear(folder)
        self._log = JsonlSink(folder / "events.jsonl")
        self._write(running=True)

    def on_event(self, event: Event) -> None:
        """Take in one event."""
        self._log.on_event(event)
        if isinstance(event, TrackEvent):
            self._track(event)
        elif isinstance(event, IdentityEvent):
            record = self._record(event.camera, event.track, event.media_time, event.wall_time)
            record.evidence = event.evidence
            record.changes.append(Change.of(event))
        elif isinstance(event, CameraEvent):
            self._camera(event.camera).heard(event)

    def on_frame(self, view: FrameResult) -> None:
        """Look at the faces of one frame; rewrite the page once a minute."""
        frame = view.frame
        self._camera(frame.camera).saw(frame)
        for track in view.tracks:
            key = (frame.camera, track.id)
            began = (frame.media_time - track.age, frame.wall_time - track.age)
            self._record(*key, *began).seen(frame.media_time, frame.wall_time, track.face_px)
            self._crops.setdefault(key, BestCrop()).offer(frame.image, track)
        if self._ticks() >= self._due:
            self._write(running=True)

    def close(self) -> None:
        """Write everything for the last time; may be called again."""
        if self._closed:
            return
        self._closed = True
        self._log.close()
        self._write(running=False)

    def _track(self, event: TrackEvent) -> None:
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

    def _camera(self, camera: str) -> CameraStory:
        return self._cameras.setdefault(camera, CameraStory(camera))

    def _save_crop(self, key: tuple[str, int]) -> None:
        data = self._crops[key].jpeg() if key in self._crops else None
        if data is not None:
            record = self._records[key]
            record.crop = f"{record.name}.jpg"
            write_whole(self._folder / "faces" / record.crop, data)

    def _write(self, *, running: bool) -> None:
        began = self._ticks()
        for key in self._crops:
            self._save_crop(key)
        records = sorted(self._records.values(), key=in_order)
        cameras = [self._cameras[name] for name in sorted(self._cameras)]
        times = (self._started, self._clock())
        info = self._info
        facts = {name: redact(value) for name, value in info.facts.items()}
        settings = redact(info.settings_text)
        story = Story(info.title, settings, facts, info.live, running, times, records, cameras)
        write_whole(self._folder / "tracks.csv", tracks_csv(records, live=info.live))
        write_whole(self._folder / "index.html", render(story, self._folder / "faces"))
        ended = self._ticks()
        self._due = max(began + REFRESH_SECONDS, ended + (ended - began) / MOST_TIME)


def _clear(folder: Path) -> None:
    """Make the folder, and remove events and pictures of an earlier run: they would stand beside another's numbers.

    Without an earlier report, pictures in `faces` are somebody's own, whatever their names.
    """
    faces = folder / "faces"
    faces.mkdir(parents=True, exist_ok=True)
    (folder / "events.jsonl").unlink(missing_ok=True)
    if not (folder / "tracks.csv").exists():
        return
    for file in faces.iterdir():
        if re.fullmatch(r".+-\d+\.jpg", file.name):
            file.unlink()
