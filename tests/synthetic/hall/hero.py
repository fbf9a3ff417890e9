"""The picture at the top of README.md: a frame as Glimpse draws it, and the smallest face named in it, magnified."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from detectors.arrays import Float32, Image
from pipeline.sink import FrameResult
from pipeline.sinks.annotate import COLORS
from pipeline.types import Track
from recognizer.base import Decision, Recognizer
from tests.synthetic.hall.card import BACK, Card, cut_face, cut_portrait, draw_decision, draw_faces
from tests.synthetic.hall.people import Person
from tests.synthetic.hall.record import draw, named

ENLARGED = 2  # the frame is shown at twice its size, so that its labels can be read
SMALL_PX = 19.0  # the magnified face is at most this high
_TEXT, _TILE, _EDGE = 21, 168, 20  # pixels
_WIDTH = 2 * _TILE + 17 * _TEXT  # of the inset


def paint_hero(run: Sequence[FrameResult], people: Mapping[str, Person], recognizer: Recognizer) -> Image:
    """BGR uint8. Raises ValueError where nobody was named at `SMALL_PX` or less."""
    moment, track, decision = choose_moment(run)
    assert decision.person is not None
    canvas = draw(moment, ENLARGED, text_px=_TEXT)
    portrait = cut_portrait(people[decision.person], _TILE)
    card = Card(track.id, cut_face(moment.frame.image, track, recognizer), portrait, track.face_px, decision)
    _draw_inset(canvas, card, np.asarray(track.box * ENLARGED, np.float32))
    return canvas


def choose_moment(run: Sequence[FrameResult]) -> tuple[FrameResult, Track, Decision]:
    """Of the frames with a small named face, one with most people in view and most of them named; that face.

    Raises ValueError where there is none.
    """
    found = [(moment, *pair) for moment in run for pair in named(moment) if pair[0].face_px <= SMALL_PX]
    if not found:
        raise ValueError(f"nobody was named at {SMALL_PX:g} px or less")
    return max(found, key=lambda one: (len(one[0].tracks), len(named(one[0])), -one[1].face_px))


def _draw_inset(canvas: Image, card: Card, box: Float32) -> None:
    """Draw the card into the upper corner that is farther from the face, and a line from the card to the face."""
    width, height = _WIDTH, _TILE + round(1.8 * _TEXT) + 2 * _EDGE
    left = _EDGE if float(box[0] + box[2]) / 2 > canvas.shape[1] / 2 else canvas.shape[1] - width - _EDGE
    end = (round(float(box[0] + box[2]) / 2), round(float(box[1])) - 4)
    start = (int(np.clip(end[0], left + _EDGE, left + width - _EDGE)), _EDGE + height)
    for colour, thick in ((BACK, 5), (COLORS[card.state], 2)):
        cv2.line(canvas, start, end, colour, thick, cv2.LINE_AA)
    part = canvas[_EDGE : _EDGE + height, left : left + width]
    cv2.addWeighted(part, 0.12, np.full_like(part, BACK), 0.88, 0, dst=part)
    cv2.rectangle(canvas, (left, _EDGE), (left + width - 1, _EDGE + height - 1), COLORS[card.state], 2)
    draw_faces(canvas, card, (left + _EDGE, 2 * _EDGE), _TILE, _TEXT)
    draw_decision(canvas, card, (left + 2 * _TILE + 3 * _EDGE, 3 * _EDGE), _TEXT)
