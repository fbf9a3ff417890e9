"""Reads stored crops again, as they are and changed: what is changed must read worse.

A feature is longer for a face that the recogniser reads well (`recognizer.lengths`). Where a crop with swapped channels
reads better than the crop itself, the channels are swapped; the same goes for one that is moved by half a pixel.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import cv2
import numpy as np

from detectors.arrays import Chips, Float32, Float64, Image
from glimpse.selfcheck.seen_track import SeenTrack
from recognizer.base import Recognizer

Change: TypeAlias = Callable[[Image, float], Image]
"""Changes a crop, BGR uint8 (S,S,3); the number is that of chip pixels in a pixel of the camera's picture."""

HALF_PIXEL = 0.5


def swap_channels(crop: Image, _scale: float) -> Image:
    """Red as blue, and blue as red."""
    return np.ascontiguousarray(crop[..., ::-1])


def move(across: float, down: float) -> Change:
    """A change that moves the face by so many pixels of the camera's picture."""

    def change(crop: Image, scale: float) -> Image:
        matrix = np.array([[1, 0, across * scale], [0, 1, down * scale]], np.float64)
        size = (crop.shape[1], crop.shape[0])
        moved = cv2.warpAffine(crop, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(moved, np.uint8)

    return change


def sharpen(crop: Image, _scale: float) -> Image:
    """An unsharp mask of one pixel."""
    exact = crop.astype(np.float32)
    return np.asarray(np.clip(2 * exact - cv2.GaussianBlur(exact, (0, 0), 1.0), 0, 255).round(), np.uint8)


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
