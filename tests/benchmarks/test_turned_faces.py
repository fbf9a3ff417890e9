"""Turning faces in depth: what stays, what moves where, and what a graph may replay."""

import math

import pytest
import torch
from torch import Tensor

from benchmarks.turned_faces import turn, turn_some
from recognizer.spec import ARCFACE_112


def dots(*places: tuple[float, float]) -> Tensor:
    """A grey face (1,3,112,112) with bright spots of 3 px at x, y."""
    y, x = torch.meshgrid(torch.arange(112.0), torch.arange(112.0), indexing="ij")
    spots = sum(200 * torch.exp(-((x - px) ** 2 + (y - py) ** 2) / 18) for px, py in places)
    return (40 + torch.as_tensor(spots)).expand(1, 3, -1, -1)


def centre(image: Tensor) -> tuple[float, float]:
    """The middle of what is bright in (1,3,112,112)."""
    light = (image[0, 0] - 60).clamp_min(0)
    y, x = torch.meshgrid(torch.arange(112.0), torch.arange(112.0), indexing="ij")
    return float((light * x).sum() / light.sum()), float((light * y).sum() / light.sum())


def angles(degrees: float) -> Tensor:
    return torch.tensor([math.radians(degrees)])


def test_a_face_that_is_not_turned_stays() -> None:
    face = dots(*ARCFACE_112)
    turned = turn(face, angles(0), angles(0))
    assert (turned - face).abs()[..., 6:100, 14:98].mean() < 1.0


def test_the_nose_moves_with_the_turn_and_the_eyes_stay_near_the_template() -> None:
    nose = ARCFACE_112[2]
    right, left = (centre(turn(dots(nose), angles(yaw), angles(0)))[0] for yaw in (40, -40))
    assert right > nose[0] + 4 > nose[0] - 4 > left
    down, up = (centre(turn(dots(nose), angles(0), angles(pitch)))[1] for pitch in (25, -25))
    assert down > nose[1] + 2 > nose[1] - 2 > up
    eyes = centre(turn(dots(*ARCFACE_112[:2]), angles(30), angles(0)))
    assert eyes[1] == pytest.approx(51.6, abs=4)  # aligned again: a turned face is not moved up or down


def test_a_share_of_faces_is_turned_the_type_stays_and_the_generator_repeats_it() -> None:
    faces = dots(*ARCFACE_112).round().to(torch.uint8).expand(24, -1, -1, -1)

    def made(share: float) -> Tensor:
        generator = torch.Generator().manual_seed(3)
        return turn_some(faces, share, yaw_degrees=60, pitch_degrees=25, generator=generator)

    half = made(0.5)
    changed = (half != faces).flatten(1).any(1)
    assert half.dtype == torch.uint8
    assert 6 <= int(changed.sum()) <= 18
    assert torch.equal(half, made(0.5))
    assert made(0.0) is faces
