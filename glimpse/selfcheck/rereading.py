"""Reads stored crops again, as they are and changed: what is changed must read worse.

A feature is longer for a face that the recogniser reads well (`recognizer.lengths`). Where a crop with swapped channels
reads better than the crop itself, the channels are swapped.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from detectors.arrays import Chips, Float32, Float64, Image
from glimpse.selfcheck.seen_track import SeenTrack
from recognizer.base import Recognizer

Change: TypeAlias = Callable[[Image, float], Image]
"""Changes a crop, BGR uint8 (S,S,3); the number is that of chip pixels in a pixel of the camera's picture."""


def swap_channels(crop: Image, _scale: float) -> Image:
    """Red as blue, and blue as red."""
    return np.ascontiguousarray(crop[..., ::-1])


def keep(crop: Image, _scale: float) -> Image:
    """The crop as it is."""
    return crop


def read_lengths(recognizer: Recognizer, tracks: Sequence[SeenTrack], change: Change = keep) -> Float64:
    """Logarithms of the feature lengths of the tracks' changed crops, (T,); NaN where there is none."""
    lengths = np.full(len(tracks), np.nan)
    for size, rows in _by_size(recognizer, tracks).items():
        chips = [change(_crop(tracks[row]), size / tracks[row].crop_px) for row in rows]
        lengths[rows] = _read(recognizer, np.stack(chips))
    return lengths


def _by_size(recognizer: Recognizer, tracks: Sequence[SeenTrack]) -> dict[int, list[int]]:
    """Rows of tracks whose crop is one that this recogniser cuts for a face of its height, by side."""
    rows: dict[int, list[int]] = {}
    for row, track in enumerate(tracks):
        if track.crop is not None and track.crop_px > 0 and len(track.crop) == recognizer.spec_for(track.crop_px).size:
            rows.setdefault(len(track.crop), []).append(row)
    return rows


def _crop(track: SeenTrack) -> Image:
    assert track.crop is not None
    return track.crop


def _read(recognizer: Recognizer, chips: Chips) -> Float64:
    lengths: Float32 = recognizer.read(chips).lengths
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(lengths.astype(np.float64))
    return np.where(np.isfinite(logs), logs, np.nan)
