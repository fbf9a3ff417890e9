"""Reads the newest tracks of each camera from a history."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from glimpse.selfcheck.seen_track import SeenTrack, decode_crop
from pipeline.events import SampleEvent
from pipeline.history.reader import HistoryReader, TrackRow, Wanted
from recognizer.base import State


def read_history(place: Path | str, model_id: str, *, since: float, most: int) -> Iterator[SeenTrack]:
    """At most so many tracks of each camera that were first seen since then, Unix seconds, with samples of this model.

    Raises like `HistoryReader`.
    """
    with HistoryReader(place) as reader:
        for camera in reader.cameras():
            for row in reader.tracks(Wanted(camera=camera, since=since), limit=most):
                if track := _read(reader, row, model_id):
                    yield track


def _read(reader: HistoryReader, row: TrackRow, model_id: str) -> SeenTrack | None:
    """None for a track without a sample of this model."""
    samples = [event for event in reader.events(row.id) if isinstance(event, SampleEvent)]
    if not samples or samples[-1].model_id != model_id:
        return None
    newest, found = samples[-1], reader.template(row.id, model_id)
    return SeenTrack(
        row.camera,
        row.first_seen,
        row.last_seen,
        newest.pooled_px,
        newest.looks,
        None if found is None else np.asarray(found.vectors[0], np.float32),
        newest.agreement,
        decode_crop(reader.crop(row.id) or b""),
        newest.crop_px,
        row.person if row.state == State.NAMED else None,
    )
