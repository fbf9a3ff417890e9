"""The figures of the tracks of one camera, on which the check rests."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float64, Image
from glimpse.selfcheck.expected import Figure
from glimpse.selfcheck.mean_face import SIDE_PX, measure_shifts
from glimpse.selfcheck.rereading import read_lengths, swap_channels
from glimpse.selfcheck.seen_track import SeenTrack
from recognizer.base import Recognizer
from recognizer.lengths import LengthBand, typical_length
from recognizer.quality import sharpness


@dataclass(frozen=True, slots=True)
class CameraFigures:
    """px: face heights of the crops, (T,).  values: each figure of these tracks, (T,); NaN where one has none."""

    px: Float64
    values: dict[Figure, Float64]


@dataclass(frozen=True, slots=True)
class Reader:
    """Measures figures with one recogniser. lengths: of its calibration.  mean: the mean face, (48,48)."""

    recognizer: Recognizer
    lengths: Sequence[LengthBand]
    mean: Float64

    def measure(self, tracks: Sequence[SeenTrack]) -> CameraFigures:
        """The figures of tracks that have a crop; the others are left out."""
        used = [track for track in tracks if track.crop is not None and track.crop_px > 0]
        px = np.array([track.crop_px for track in used], np.float64)
        logs = read_lengths(self.recognizer, used)
        typical = np.array([typical_length(self.lengths, track.crop_px) for track in used], np.float64)
        across, down = self._shifts(used, px)
        values = {
            Figure.LENGTH: logs - np.log(typical),
            Figure.COLOUR: _in_colour(used, logs - read_lengths(self.recognizer, used, swap_channels)),
            Figure.ACROSS: across,
            Figure.DOWN: down,
            Figure.SHARPNESS: np.array([np.log(max(sharpness(_crop(track)), 1e-3)) for track in used], np.float64),
            Figure.AGREEMENT: np.array([np.nan if track.agreement is None else track.agreement for track in used]),
        }
        return CameraFigures(px, values)

    def _shifts(self, tracks: Sequence[SeenTrack], px: Float64) -> tuple[Float64, Float64]:
        """To the right and below, in pixels of the camera's picture, (T,) each."""
        if not tracks:
            return np.zeros(0), np.zeros(0)
        shifts = measure_shifts([_crop(track) for track in tracks], self.mean) * (px / SIDE_PX)[:, None]
        return shifts[:, 0], shifts[:, 1]


def _crop(track: SeenTrack) -> Image:
    assert track.crop is not None
    return track.crop


GREY = 2.0
"""Grey levels by which the channels of a picture without colours differ on average, at most: infrared at night."""


def _in_colour(tracks: Sequence[SeenTrack], values: Float64) -> Float64:
    """NaN for crops without colours: swapping their channels changes nothing."""
    crops = (_crop(track).astype(np.int16) for track in tracks)
    grey = [bool(np.abs(crop[..., 0] - crop[..., 2]).mean() <= GREY) for crop in crops]
    return np.where(np.array(grey, bool), np.nan, values)
