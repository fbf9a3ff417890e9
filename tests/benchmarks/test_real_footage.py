"""What a track on real footage says of itself."""

import numpy as np

from benchmarks.real_footage import FollowedTrack, compare
from detectors.arrays import Float32


def followed(directions: list[int], start: float = 0.0, step_px: float = 1.0) -> FollowedTrack:
    """A face of 20 px that moves right, whose vectors point along the axes named."""
    axes = np.eye(3, dtype=np.float32)
    boxes: list[Float32] = [
        np.array([at * step_px, 0, at * step_px + 16, 20], np.float32) for at in range(len(directions))
    ]
    return FollowedTrack(
        [start + at / 10 for at in range(len(directions))], boxes, [axes[direction] for direction in directions]
    )


def test_a_track_that_moves_to_another_person_has_unlike_halves() -> None:
    assert followed([0] * 6).half_cosine() == 1
    assert followed([0] * 3 + [1] * 3).half_cosine() == 0
    assert np.isnan(followed([0] * 5).half_cosine())  # too few faces in a half


def test_a_leap_is_longer_than_a_face_height() -> None:
    assert followed([0] * 4, step_px=19).count_leaps() == 0
    assert followed([0] * 4, step_px=21).count_leaps() == 3


def test_tracks_are_compared_in_order_of_time_and_only_if_read() -> None:
    early, late, unread = followed([0] * 3), followed([0] * 3, start=5.0), followed([0])
    ((first, second, cosine),) = compare([late, unread, early])
    assert (first, second) == (early, late)
    assert cosine == 1
