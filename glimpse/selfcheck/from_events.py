"""Makes tracks of sample events: of an outbox, or of cameras that are watched for this."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from glimpse.selfcheck.seen_track import SeenTrack, decode_crop, unit_vector
from pipeline.build import build
from pipeline.bus.outbox.reader import OutboxReader, Query
from pipeline.events import Event, SampleEvent, decode
from pipeline.settings.outputs import Outputs
from pipeline.settings.types import Settings
from pipeline.sink import FrameResult
from recognizer.base import State

SAMPLES = "v1/sample/"
AT_ONCE = 500
QUIET: dict[str, Any] = {"bind": "none", "outbox": "", "samples": "all", "preview_fps": 0.0}


def read_outbox(path: Path, model_id: str, *, since: float, most: int) -> list[SeenTrack]:
    """The newest tracks of each camera in a node's outbox. Raises FileNotFoundError, sqlite3.Error and ValueError."""
    if not path.is_file():
        raise FileNotFoundError(f"events.outbox {path}: no such file")
    reader = OutboxReader(path)
    try:
        return tracks_of(_samples(reader), model_id, since=since, most=most)
    finally:
        reader.close()


def watch_cameras(settings: Settings, model_id: str, *, seconds: float, most: int) -> list[SeenTrack]:
    """The tracks of a run of its own on the cameras of a site, which publishes nothing. Raises like `build`."""
    events = msgspec.structs.replace(settings.events, **QUIET)
    watched = msgspec.structs.replace(settings, events=events, film=type(settings.film)())
    samples = _Samples()
    build(watched, Outputs(), listeners=[samples]).run(duration=seconds)
    return tracks_of(samples.found, model_id, since=0.0, most=most)


def tracks_of(samples: Iterable[SampleEvent], model_id: str, *, since: float, most: int) -> list[SeenTrack]:
    """A track for the samples of each that are of this model and since then, the newest `most` of each camera."""
    of_tracks: dict[tuple[str, str, int], list[SampleEvent]] = defaultdict(list)
    for sample in samples:
        if sample.model_id == model_id and sample.wall_time >= since:
            of_tracks[sample.camera, sample.epoch, sample.track].append(sample)
    of_cameras: dict[str, list[SeenTrack]] = defaultdict(list)
    for some in of_tracks.values():
        of_cameras[some[0].camera].append(_track(some))
    newest = (sorted(tracks, key=lambda track: -track.last)[:most] for tracks in of_cameras.values())
    return [track for tracks in newest for track in tracks]


def _track(samples: list[SampleEvent]) -> SeenTrack:
    newest = samples[-1]
    is_named = newest.evidence is not None and newest.evidence.state == State.NAMED
    return SeenTrack(
        newest.camera,
        samples[0].wall_time,
        newest.wall_time,
        newest.pooled_px,
        newest.looks,
        unit_vector(newest.template),
        newest.agreement,
        decode_crop(newest.crop),
        newest.crop_px,
        newest.evidence.person if newest.evidence and is_named else None,
    )


def _samples(reader: OutboxReader) -> Iterator[SampleEvent]:
    after = 0
    while rows := reader.read(Query(SAMPLES, after=after), AT_ONCE):
        after = rows[-1].id
        events = (decode(row.body) for row in rows if row.body)
        yield from (event for event in events if isinstance(event, SampleEvent))


class _Samples:
    """A sink that keeps the samples of a run."""

    def __init__(self) -> None:
        self.found: list[SampleEvent] = []

    def on_event(self, event: Event) -> None:
        if isinstance(event, SampleEvent):
            self.found.append(event)

    def on_frame(self, result: FrameResult) -> None:
        pass

    def close(self) -> None:
        pass
