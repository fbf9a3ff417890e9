"""From a track's landmarks to a chip, without a slip of half a pixel; which tracks are due; one batch per chip size."""

import numpy as np
import pytest

from detectors.arrays import Chips
from pipeline.tracks.crops import Crop, cut_crop, due_tracks, embed_with
from pipeline.tracks.flat.flatness import Flatness
from pipeline.tracks.track import TrackState
from pipeline.types import Frame, Track
from recognizer.base import Decision, State
from recognizer.spec import ChipSpec
from tests.synthetic.networks import face_landmarks, paint_person
from tests.synthetic.recognizers import VectorsOnly

SPEC = ChipSpec(size=16)


class Reader(VectorsOnly):
    """Takes chips of 16 px."""

    model_id, dim = "reader", 2

    def spec_for(self, face_px: float) -> ChipSpec:
        return SPEC

    def embed(self, chips: Chips) -> np.ndarray:
        return np.zeros((len(chips), 2), np.float32)


def track(landmarks: np.ndarray | None, box: tuple[float, float, float, float]) -> TrackState:
    snapshot = Track("cam", 1, np.array(box, np.float32), 0.9, landmarks, 0.0)
    return TrackState(snapshot, Frame("cam", 0, 0.0, 0.0, 0.0, np.zeros((0, 0, 3), np.uint8)))


@pytest.mark.parametrize(("x", "y"), [(12, 10), (31, 25)])
def test_a_chip_at_its_own_size_is_the_picture_itself(x: int, y: int) -> None:
    image = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    points = np.asarray(SPEC.template, np.float32) + np.array([x, y], np.float32)  # by the middle of the first pixel
    crop = cut_crop(track(points + np.float32(0.5), (x, y, x + 16, y + 16)), image, Reader())
    assert crop is not None
    np.testing.assert_array_equal(crop.chip, image[y : y + 16, x : x + 16])


@pytest.mark.parametrize("with_landmarks", [True, False])
def test_a_symmetric_face_gives_a_symmetric_chip(with_landmarks: bool) -> None:
    box = (20.0, 18.0, 36.0, 34.0)
    image = np.full((64, 64, 3), 90, np.uint8)
    paint_person(image, 0, box)
    both = np.concatenate([image[:, :28], image[:, 27::-1]], axis=1)[:, :56]  # mirrored about the face's middle
    crop = cut_crop(track(face_landmarks(box) if with_landmarks else None, box), both, Reader())
    assert crop is not None
    chip = crop.chip.astype(float).mean(axis=2)
    lopsided = np.abs(chip - chip[:, ::-1]).mean() / chip.std()
    assert lopsided < 0.25


@pytest.mark.parametrize("is_asked", [True, False])
def test_surroundings_are_cut_where_a_track_may_be_a_photograph(is_asked: bool) -> None:
    image = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    one = track(face_landmarks((20.0, 18.0, 36.0, 34.0)), (20.0, 18.0, 36.0, 34.0))
    one.flat = Flatness() if is_asked else None
    crop = cut_crop(one, image, Reader())
    assert crop is not None
    assert (crop.surroundings is not None) == is_asked


def waiting(number: int, next_crop: float, *, compared: bool) -> TrackState:
    decision = Decision(State.UNKNOWN, None, 0.0, 0.5, 0.0, 1, 1.0, 20.0, ())
    snapshot = Track("cam", number, np.zeros(4, np.float32), 0.9, None, 0.0)
    moment = Frame("cam", 0, 5.0, 0.0, 0.0, np.zeros((0, 0, 3), np.uint8))
    return TrackState(snapshot, moment, decision=decision if compared else None, next_crop=next_crop)


def test_tracks_never_compared_go_first_then_those_that_wait_longest() -> None:
    tracks = [waiting(1, 4.0, compared=True), waiting(2, 3.0, compared=True), waiting(3, 5.0, compared=False)]
    assert [track.id for track in due_tracks(tracks, limit=9)] == [3, 2, 1]
    assert [track.id for track in due_tracks(tracks, limit=1)] == [3]


def test_a_track_is_due_at_its_time_in_spite_of_rounding() -> None:
    assert due_tracks([waiting(1, 5.0 + 1e-9, compared=True)], limit=9)
    assert not due_tracks([waiting(1, 5.1, compared=True)], limit=9)
    assert due_tracks([], limit=9) == []


@pytest.mark.parametrize("landmarks", [np.full((5, 2), np.nan, np.float32), np.zeros((5, 2), np.float32)])
def test_landmarks_that_form_no_face_give_no_crop(landmarks: np.ndarray) -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    assert cut_crop(track(landmarks, (10, 10, 30, 30)), image, Reader()) is None


class BySize(Reader):
    """Answers with the mean of each chip and counts its batches."""

    def __init__(self) -> None:
        self.batches: list[tuple[int, ...]] = []

    def embed(self, chips: Chips) -> np.ndarray:
        self.batches.append(chips.shape)
        return np.repeat(chips.mean(axis=(1, 2, 3), dtype=np.float32)[:, None], 2, axis=1)


def test_crops_of_mixed_sizes_keep_their_order_and_go_in_one_batch_per_size() -> None:
    reader = BySize()
    chips = [np.full((size, size, 3), grey, np.uint8) for size, grey in ((32, 10), (16, 20), (32, 30))]
    vectors = embed_with(reader)([Crop(track(None, (0, 0, 9, 9)), chip, 1.0) for chip in chips]).vectors
    assert vectors[:, 0].tolist() == [10.0, 20.0, 30.0]
    assert reader.batches == [(1, 16, 16, 3), (2, 32, 32, 3)]
