"""Collects the figures of every track and camera of a run, for the report and for the table at the end."""

from pipeline.events import CameraEvent, Event, HealthEvent, IdentityEvent, TrackAction, TrackEvent
from pipeline.sink import FrameResult
from pipeline.sinks.report.records import CameraRecord, NameChange, TrackRecord

MAX_LIVE_TRACKS = 5000
"""Of cameras that are watched for months: about 25 MB. A page of more would take minutes to open."""


class RunRecords:
    """A sink that keeps figures in memory, no pictures: about 5 kB for each track (`TrackRecord.settle`).

    max_tracks: beyond it, those that ended first are dropped; None: all are kept.  dropped: how many were.
    """

    def __init__(self, max_tracks: int | None = None) -> None:
        self.dropped = 0
        self._max_tracks = max_tracks
        self._ended: dict[tuple[str, int], None] = {}
        self._tracks: dict[tuple[str, int], TrackRecord] = {}
        self._cameras: dict[str, CameraRecord] = {}

    @property
    def tracks(self) -> list[TrackRecord]:
        """By camera, then by first frame."""
        return sorted(self._tracks.values(), key=lambda record: record.sort_key)

    @property
    def cameras(self) -> list[CameraRecord]:
        """In the order in which they reported first; recordings are read in it."""
        return list(self._cameras.values())

    def track(self, camera: str, number: int) -> TrackRecord:
        """The record of one track. Raises KeyError for one that was never seen."""
        return self._tracks[camera, number]

    def on_event(self, event: Event) -> None:
        """Add an event."""
        if isinstance(event, TrackEvent):
            self._add_track_event(event)
        elif isinstance(event, IdentityEvent):
            record = self._record(event.camera, event.track, event.media_time, event.wall_time)
            record.evidence = event.evidence
            record.changes.append(NameChange.of(event))
        elif isinstance(event, CameraEvent):
            self._camera(event.camera).add_event(event)
        elif isinstance(event, HealthEvent):
            for name, health in event.cameras.items():
                self._camera(name).dropped = health.dropped

    def on_frame(self, result: FrameResult) -> None:
        """Add the faces of a frame."""
        frame = result.frame
        self._camera(frame.camera).add_frame(frame)
        for track in result.tracks:
            first, first_wall = frame.media_time - track.age, frame.wall_time - track.age
            record = self._record(frame.camera, track.id, first, first_wall)
            record.add_frame(frame.media_time, frame.wall_time, track.face_px)

    def close(self) -> None:
        """Nothing to close."""

    def _add_track_event(self, event: TrackEvent) -> None:
        record = self._record(event.camera, event.track, event.media_time - event.age, event.wall_time - event.age)
        record.evidence = event.evidence or record.evidence
        if event.action is TrackAction.END:
            record.last = max(record.last, record.first + event.age)
            record.ended, record.end_reason = True, event.reason
            record.settle()
            self._ended[event.camera, event.track] = None
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        while self._max_tracks is not None and len(self._ended) > self._max_tracks:
            oldest = next(iter(self._ended))
            del self._ended[oldest], self._tracks[oldest]
            self.dropped += 1

    def _record(self, camera: str, track: int, first: float, first_wall: float) -> TrackRecord:
        key = (camera, track)
        if key not in self._tracks:
            self._tracks[key] = TrackRecord(camera, track, max(0.0, first), max(0.0, first), first_wall, first_wall)
        return self._tracks[key]

    def _camera(self, camera: str) -> CameraRecord:
        return self._cameras.setdefault(camera, CameraRecord(camera))
