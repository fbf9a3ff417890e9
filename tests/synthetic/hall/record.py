"""A run of the pipeline over the clip, with every frame, its tracks and what was decided by then."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

import glimpse
from detectors.arrays import Float32
from detectors.base import Detections
from pipeline.sink import FrameResult
from pipeline.types import Track
from recognizer.base import Decision, State


def record(clip: Path, gallery: Path) -> Sequence[FrameResult]:
    """Run with the defaults; every processed frame in order. Raises glimpse.GlimpseError where the run fails."""
    kept: list[FrameResult] = []

    def keep(result: FrameResult) -> None:
        frame = replace(result.frame, picture=result.frame.image.copy())
        kept.append(replace(result, frame=frame, decisions=dict(result.decisions), pooled={}))

    for _ in glimpse.watch(clip, gallery=gallery, on_frame=keep):
        pass
    return kept


def scaled(result: FrameResult, factor: float) -> FrameResult:
    """The same in an enlarged or reduced picture."""
    way = cv2.INTER_CUBIC if factor > 1 else cv2.INTER_AREA
    image = np.asarray(cv2.resize(result.frame.image, None, fx=factor, fy=factor, interpolation=way), np.uint8)
    tracks = tuple(replace(track, box=_grown(track.box, factor)) for track in result.tracks)
    found = result.detections
    detections = Detections(_grown(found.boxes, factor), found.scores, found.landmarks)
    return replace(result, frame=replace(result.frame, picture=image), tracks=tracks, detections=detections)


def _grown(values: Float32, factor: float) -> Float32:
    return np.asarray(values * np.float32(factor), np.float32)


def named(result: FrameResult) -> Sequence[tuple[Track, Decision]]:
    """Tracks in this frame that have a name by now."""
    pairs = ((track, result.decisions.get(track.id)) for track in result.tracks)
    return [(track, decision) for track, decision in pairs if decision and decision.state is State.NAMED]
