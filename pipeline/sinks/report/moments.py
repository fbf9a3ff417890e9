"""Finds where a track can be watched: in the run's film, or else in the recording itself."""

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from pipeline.capture.sources import Source, SourceKind
from pipeline.settings.types import CameraSettings
from pipeline.sinks.report.records import Moment, TrackRecord
from pipeline.sinks.video import VideoSink


class Moments:
    """Links to films are relative to the report's folder, so they hold when both are handed on together."""

    def __init__(self, cameras: Sequence[tuple[Source, CameraSettings]], video: VideoSink | None, folder: Path) -> None:
        self._recordings = {
            source.name: Path(source.location).name
            for source, _ in cameras
            if source.kind is SourceKind.VIDEO and source.is_local_recording
        }
        self._video, self._folder = video, folder

    def find(self, record: TrackRecord) -> Moment | None:
        """The moment at which a track begins; None of a live camera without a film."""
        found = self._video and self._video.find(record.camera, wall_time=record.last_wall, media_time=record.first)
        if found:
            film, seconds = found
            link = quote(os.path.relpath(film, self._folder.absolute()), errors="surrogateescape")
            return Moment(film.name, seconds, f"{link}#t={seconds:.1f}")
        recording = self._recordings.get(record.camera)
        return Moment(recording, record.first) if recording else None
