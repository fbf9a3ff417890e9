"""When a track is warned of, with what words, and that nothing else of the decision changes."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.tracks.flat.flatness import MIN_LOOKS, Flatness, with_warnings
from pipeline.tracks.flat.outline import SIDE_PX
from recognizer.base import Decision, State
from tests.pipeline.tracks.flat.turning import texture, turned_head, turned_plane

DECISION = Decision(State.NAMED, "Ada", 0.7, 0.5, 0.2, 9, 4.0, 40.0, ("9 faces, median 40 px",))


def surroundings(*, card: bool, number: int) -> np.ndarray:
    """A card of which all four edges stand still around the face, or a wall that goes by."""
    picture = np.random.default_rng(number).integers(0, 255, (SIDE_PX // 4, SIDE_PX // 4), np.uint8)
    picture = picture.repeat(4, 0).repeat(4, 1)
    if card:
        picture[16:66, 22:58] = 240
    return picture


def watch(*, head: bool, degrees: float, card: bool, moved: float = 3.0, px: float = 40.0, looks: int = 24) -> Flatness:
    """A face that turns to both sides while it goes to the right. moved: face heights."""
    flat = Flatness()
    angles = np.radians(np.linspace(-degrees, degrees, looks))
    for number, angle in enumerate(angles):
        chip = (turned_head if head else turned_plane)(texture(), angle)
        x = moved * px * number / looks
        box = np.array([x, 0, x + px, px], np.float32)
        flat.look(chip, surroundings(card=card, number=number), face_px=px, box=box)
    return flat


def test_a_picture_that_turns_is_told_by_its_lack_of_depth() -> None:
    (warning,) = watch(head=False, degrees=40, card=False, moved=0.0).warnings
    assert warning.startswith("flat: moves like a photograph or a screen, turned by ")


def test_a_picture_that_moves_is_told_by_its_edges() -> None:
    (warning,) = watch(head=False, degrees=0, card=True).warnings
    assert "straight edges around the face go along with it" in warning


@pytest.mark.parametrize("card", [False, True])
def test_a_head_that_turns_is_none_even_in_a_frame(card: bool) -> None:
    """Such as somebody behind the window of a car."""
    flat = watch(head=True, degrees=20, card=card)
    assert flat.warnings == ()
    assert not flat.is_open


@pytest.mark.parametrize(
    "case",
    [
        {"degrees": 0.0, "card": False},  # neither turned nor framed
        {"degrees": 0.0, "card": True, "moved": 0.2},  # a picture on the wall
        {"degrees": 40.0, "card": True, "px": 12.0},  # too small
        {"degrees": 40.0, "card": True, "looks": MIN_LOOKS - 1},
    ],
)
def test_nothing_is_said_where_nobody_can_tell(case: dict[str, float]) -> None:
    assert watch(head=False, **case).warnings == ()  # type: ignore[arg-type]


def test_looks_without_surroundings_do_not_count() -> None:
    flat = Flatness()
    for _ in range(50):
        flat.look(turned_plane(texture(), 0.0), None, face_px=40.0, box=np.zeros(4, np.float32))
    assert flat.warnings == ()


def test_a_warning_changes_nothing_else_of_a_decision() -> None:
    flat = watch(head=False, degrees=0, card=True)
    warned = with_warnings(DECISION, flat)
    assert warned.warnings == flat.warnings != ()
    assert replace(warned, warnings=()) == DECISION
    assert with_warnings(DECISION, None) is with_warnings(DECISION, Flatness()) is DECISION
