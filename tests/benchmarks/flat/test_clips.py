"""Photographs and heads as they are filmed."""

from itertools import islice

import numpy as np
import pytest

from benchmarks import shown_faces
from benchmarks.flat.clips import plan
from benchmarks.shown_faces import BARE, CAMERA, CARRIERS, MOTIONS, PAPER, STILL, Portrait, draw_poses, film_photograph
from benchmarks.shown_pictures import HALVES
from detectors.arrays import Float32

ROOM: Float32 = np.full((CAMERA.height, CAMERA.width, 3), 40, np.float32)


def portrait() -> Portrait:
    """A bright picture with a red square as its face."""
    photo = np.full((400, 300, 3), 230, np.uint8)
    photo[100:220, 90:210] = (0, 0, 200)
    return Portrait("p", photo, np.array([90, 100, 210, 220], np.float32), np.zeros((112, 112, 3), np.uint8))


@pytest.mark.parametrize("px", [24, 96])
def test_the_face_of_a_photograph_has_the_height_that_was_asked_for(px: int) -> None:
    poses = draw_poses(STILL, np.random.default_rng(1))
    frames = film_photograph(portrait(), BARE, poses, ROOM, px, np.random.default_rng(2))
    for frame in islice(frames, 3):
        red = (frame[..., 2].astype(int) - frame[..., 1] > 60).any(axis=1)
        assert red.sum() == pytest.approx(px, rel=0.15)


def test_a_card_that_turns_is_seen_narrower() -> None:
    card, box = shown_faces.make_card(portrait(), PAPER)
    poses = draw_poses(MOTIONS[-1], np.random.default_rng(3))
    k = int(np.abs(poses.yaw).argmax())
    corners = shown_faces.project(card, box, PAPER, poses, k, 60)
    width = np.linalg.norm(corners[0] - corners[1]) / np.linalg.norm(corners[0] - corners[3])
    flat = card.shape[1] / card.shape[0]
    assert width / flat == pytest.approx(np.cos(poses.yaw[k]) / np.cos(poses.pitch[k]), rel=0.12)


def test_every_size_motion_and_carrier_is_shown_and_as_many_heads_as_two_of_them() -> None:
    shows = list(plan(1))
    assert len({show.number for show in shows}) == len(shows)
    assert sum(show.carrier is None for show in shows) * 3 == 2 * sum(show.carrier is not None for show in shows)
    assert {show.carrier for show in shows} == {*CARRIERS, None}
    assert sorted(HALVES.values()) == [0, 1]
