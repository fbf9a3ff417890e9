"""A run of the pipeline over the clip, with every frame, its tracks and what was decided by then."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

import glimpse
from detectors.arrays import Image
from pipeline.sink import FrameResult
from pipeline.sinks.annotate import annotate
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


def draw(result: FrameResult, scale: float, *, text_px: int) -> Image:
    """The frame, enlarged or reduced, as Glimpse draws it."""
    way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    image = np.asarray(cv2.resize(result.frame.image, None, fx=scale, fy=scale, interpolation=way), np.uint8)
    return annotate(image, result, scale=scale, text_px=text_px)


def named(result: FrameResult) -> Sequence[tuple[Track, Decision]]:
    """Tracks in this frame that have a name by now."""
    pairs = ((track, result.decisions.get(track.id)) for track in result.tracks)
    return [(track, decision) for track, decision in pairs if decision and decision.state is State.NAMED]
