"""Draws what one decision rests on: the face as the recogniser sees it, the enrolled portrait, score and threshold."""

from dataclasses import dataclass

import cv2
import numpy as np

from detectors.arrays import Image
from detectors.load import EMBEDDED, load_detector
from detectors.runtime import Runtime
from pipeline.sinks.annotate import COLORS
from pipeline.sinks.text import draw_text
from pipeline.types import Track
from recognizer.base import Decision, Recognizer, State
from recognizer.chips import cut_chip
from recognizer.spec import ChipSpec
from tests.synthetic.hall.people import Person

INK, SOFT, BACK, RAIL = (255, 255, 255), (190, 184, 178), (36, 31, 28), (84, 76, 70)  # BGR
_FULL_SCORE = 1.0


@dataclass(frozen=True)
class Card:
    """What a card shows.

    track: its number.  chip: what the recogniser reads.  portrait: cut in the same way from the enrolled picture.
    """

    track: int
    chip: Image
    portrait: Image
    face_px: float
    decision: Decision | None

    @property
    def state(self) -> State:
        return self.decision.state if self.decision else State.UNKNOWN

    @property
    def lines(self) -> tuple[str, str, str]:
        """State; size of the face and number of its pictures; score and threshold."""
        decision = self.decision
        if decision is None:
            return "unknown", f"#{self.track}, {self.face_px:.0f} px", "not compared yet"
        names = {State.NAMED: f"named {decision.person}", State.CANDIDATE: f"candidate: {decision.person}?"}
        pictures = "1 picture" if decision.faces == 1 else f"{decision.faces} pictures"
        size = f"#{self.track}, {self.face_px:.0f} px, {pictures}"
        figures = f"score {decision.score:.2f}, needed {decision.threshold:.2f}"
        return names.get(decision.state, str(decision.state)), size, figures


def cut_face(image: Image, track: Track, recognizer: Recognizer) -> Image:
    """The chip that the recogniser reads of a track in this frame, BGR uint8 (S,S,3)."""
    assert track.landmarks is not None
    return cut_chip(image, track.landmarks, recognizer.spec_for(track.face_px))


def cut_portrait(person: Person, side: int) -> Image:
    """The face of an enrolled portrait, cut as chips are, BGR uint8 (side,side,3)."""
    found = load_detector(EMBEDDED, runtime=Runtime(), score=0.5, every_size=True).detect(person.photo)
    assert found.landmarks is not None
    largest = int(np.argmax(found.boxes[:, 3] - found.boxes[:, 1]))
    return cut_chip(person.photo, found.landmarks[largest], ChipSpec(size=side))


def draw_faces(canvas: Image, card: Card, corner: tuple[int, int], tile: int, text: int) -> None:
    """Draw both faces, `tile` pixels high, with captions below."""
    x, y = corner
    gap = text // 2
    for picture, caption in ((card.chip, "camera"), (card.portrait, "enrolled")):
        _draw_tile(canvas, picture, (x, y), tile)
        draw_text(canvas, caption, (x, y + tile + round(1.3 * text)), SOFT, text)
        x += tile + gap


def draw_decision(canvas: Image, card: Card, corner: tuple[int, int], text: int) -> None:
    """Draw state, size, a bar for the score with a mark at the threshold, and both as figures."""
    x, y = corner
    state, size, figures = card.lines
    large = round(text * 1.25)
    draw_text(canvas, state, (x, y + large), COLORS[card.state], large)
    draw_text(canvas, size, (x, y + large + round(1.7 * text)), INK, text)
    _draw_bar(canvas, card, (x, y + large + round(2.5 * text)), (11 * text, round(0.7 * text)))
    draw_text(canvas, figures, (x, y + large + round(4.8 * text)), INK, text)


def _draw_tile(canvas: Image, picture: Image, corner: tuple[int, int], tile: int) -> None:
    way = cv2.INTER_NEAREST if len(picture) < tile else cv2.INTER_AREA
    x, y = corner
    canvas[y : y + tile, x : x + tile] = cv2.resize(picture, (tile, tile), interpolation=way)


def _draw_bar(canvas: Image, card: Card, corner: tuple[int, int], size: tuple[int, int]) -> None:
    (x, y), (width, height) = corner, size
    cv2.rectangle(canvas, (x, y), (x + width, y + height), RAIL, -1)
    if card.decision:
        share = float(np.clip(card.decision.score / _FULL_SCORE, 0, 1))
        cv2.rectangle(canvas, (x, y), (x + round(width * share), y + height), COLORS[card.state], -1)
        mark = x + round(width * card.decision.threshold / _FULL_SCORE)
        cv2.rectangle(canvas, (mark - 1, y - 4), (mark + 1, y + height + 4), INK, -1)
