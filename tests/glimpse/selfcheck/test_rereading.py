"""Crops that are read again: those that fit, and what each change does to a picture."""

import numpy as np
import pytest

from detectors.arrays import Chips, Float32, Image
from glimpse.selfcheck.rereading import keep, read_lengths, swap_channels
from glimpse.selfcheck.seen_track import SeenTrack
from recognizer.base import Readings
from recognizer.spec import ChipSpec, arcface_landmarks


class Brightness:
    """Reads a crop of 16 or 32 pixels as a feature as long as its brightness in red."""

    model_id, dim, weights = "m", 2, ""

    def __init__(self) -> None:
        self.batches: list[tuple[int, ...]] = []

    def spec_for(self, face_px: float) -> ChipSpec:
        size = 16 if face_px < 20 else 32
        return ChipSpec(size=size, landmarks=arcface_landmarks(size))

    def embed(self, chips: Chips) -> Float32:
        return self.read(chips).vectors

    def read(self, chips: Chips) -> Readings:
        self.batches.append(chips.shape)
        lengths = chips[..., 2].reshape(len(chips), -1).mean(1).astype(np.float32)
        return Readings(np.tile(np.float32([1, 0]), (len(chips), 1)), lengths)


def crop(side: int, *, red: int = 0, blue: int = 0) -> Image:
    picture = np.zeros((side, side, 3), np.uint8)
    picture[..., 2], picture[..., 0] = red, blue
    return picture


def track(picture: Image | None, px: float) -> SeenTrack:
    return SeenTrack("door", 0.0, 1.0, px, crop=picture, crop_px=px)


def test_lengths_stay_in_the_order_of_the_tracks_and_each_size_is_one_batch() -> None:
    reader = Brightness()
    tracks = [track(crop(16, red=10), 15.0), track(crop(32, red=20), 30.0), track(crop(16, red=40), 12.0)]
    np.testing.assert_allclose(np.exp(read_lengths(reader, tracks)), [10, 20, 40], rtol=1e-6)
    assert sorted(reader.batches) == [(1, 32, 32, 3), (2, 16, 16, 3)]


@pytest.mark.parametrize(
    "unread", [track(None, 15.0), track(crop(16, red=9), 0.0), track(crop(32, red=9), 15.0), track(crop(20), 15.0)]
)
def test_a_crop_that_this_recogniser_would_not_cut_is_not_read(unread: SeenTrack) -> None:
    found = read_lengths(Brightness(), [unread, track(crop(16, red=8), 15.0)])
    assert np.isnan(found).tolist() == [True, False]


def test_a_feature_without_length_is_nan_and_no_tracks_are_no_lengths() -> None:
    assert np.isnan(read_lengths(Brightness(), [track(crop(16), 15.0)])).all()
    assert read_lengths(Brightness(), []).shape == (0,)


def test_a_change_gets_chip_pixels_for_one_of_the_camera() -> None:
    scales: list[float] = []

    def note(picture: Image, scale: float) -> Image:
        scales.append(scale)
        return picture

    read_lengths(Brightness(), [track(crop(32, red=9), 25.6)], note)
    assert scales == [pytest.approx(1.25)]


def test_swapped_channels_read_blue_as_red() -> None:
    found = read_lengths(Brightness(), [track(crop(16, blue=30), 15.0)], swap_channels)
    np.testing.assert_allclose(np.exp(found), [30], rtol=1e-6)


def test_keep_changes_nothing() -> None:
    picture = crop(16, red=3)
    assert keep(picture, 2.0) is picture
