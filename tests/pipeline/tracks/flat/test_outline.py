"""Frames around faces that move with them, and edges that do not."""

import numpy as np
import pytest

from detectors.arrays import Float32, Image
from pipeline.tracks.flat.outline import Outline, cut_surroundings
from pipeline.types import Track
from recognizer.chips import box_landmarks

LOOKS = 12
SIZE = (360, 640)


def face(x: float, y: float, px: float) -> Track:
    """A face with its middle at x, y."""
    box: Float32 = np.array([x - 0.4 * px, y - px / 2, x + 0.4 * px, y + px / 2], np.float32)
    return Track("door", 1, box, 0.9, box_landmarks(box), 1.0)


def wall() -> Image:
    """Strong edges everywhere, which stand still."""
    return (
        np.random.default_rng(0).integers(0, 255, (SIZE[0] // 8, SIZE[1] // 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    )


def show(px: float, *, card: bool, moved: float, dark: bool = False) -> Outline:
    """A face that goes to the right, on a card or alone. moved: face heights."""
    outline = Outline()
    for x in np.linspace(200, 200 + moved * px, LOOKS):
        image = wall()
        if card:
            left, right, top, bottom = (round(v) for v in (x - 0.9 * px, x + 0.9 * px, 180 - 1.3 * px, 180 + 1.4 * px))
            image[top:bottom, left:right] = 10 if dark else 235
        one = face(float(x), 180, px)
        surroundings = cut_surroundings(image, one)
        assert surroundings is not None
        outline.add(surroundings, one.box)
    return outline


@pytest.mark.parametrize("px", [16, 40, 100])
@pytest.mark.parametrize("dark", [False, True])
def test_a_card_that_moves_is_seen(px: float, dark: bool) -> None:
    assert show(px, card=True, moved=2.0, dark=dark).straightness() > 0.6


@pytest.mark.parametrize("px", [16, 40, 100])
def test_edges_of_what_stands_behind_a_moving_face_are_not(px: float) -> None:
    assert show(px, card=False, moved=2.0).straightness() < 0.45


@pytest.mark.parametrize("moved", [0.0, 0.5, 2.0])
def test_it_says_how_far_a_face_moved(moved: float) -> None:
    assert show(40, card=False, moved=moved).moved == pytest.approx(moved, abs=0.01)


@pytest.mark.parametrize("place", [(0.0, 0.0), (639.0, 180.0), (320.0, 359.0)])
def test_a_face_at_the_edge_of_the_frame_has_surroundings_without_an_edge(place: tuple[float, float]) -> None:
    plain = np.full((*SIZE, 3), 90, np.uint8)
    surroundings = cut_surroundings(plain, face(*place, 60))
    assert surroundings is not None
    assert int(np.ptp(surroundings)) == 0


def test_a_face_outside_of_the_frame_or_without_form_has_none() -> None:
    image = wall()
    box = face(100, 100, 40).box
    assert cut_surroundings(image, face(-4000, 100, 40)) is None
    assert cut_surroundings(image, Track("door", 1, box, 0.9, None, 1.0)) is None
    assert cut_surroundings(image, Track("door", 1, box, 0.9, np.full((5, 2), 7, np.float32), 1.0)) is None
    assert cut_surroundings(image, Track("door", 1, box, 0.9, np.full((5, 2), np.nan, np.float32), 1.0)) is None


def test_nothing_was_seen_before_the_first_look() -> None:
    assert (Outline().moved, Outline().straightness()) == (0.0, 0.0)
