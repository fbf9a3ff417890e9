"""The moving picture in README.md: one person walks nearer, unknown at first, then a candidate, then named."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Image
from pipeline.sink import FrameResult
from pipeline.sinks.annotate import annotate
from recognizer.base import Recognizer, State
from tests.synthetic.hall.card import BACK, Card, cut_face, cut_portrait, draw_decision, draw_faces
from tests.synthetic.hall.people import Person
from tests.synthetic.hall.record import scaled

STATES = (State.UNKNOWN, State.CANDIDATE, State.NAMED)
SHOWN_SECONDS = 10.0  # of the walk at most
EVERY = 2  # of the frames
QUALITY = 55  # of the WebP file, 0 to 100
_SCALE, _TEXT, _TILE, _EDGE = 0.75, 15, 130, 16  # of the camera picture; pixels
_PANEL = 320  # width of the panel beside it


def paint_strip(run: Sequence[FrameResult], people: Mapping[str, Person], recognizer: Recognizer) -> list[Image]:
    """The pictures, BGR uint8. Raises ValueError where nobody went from unknown to candidate to named in one track."""
    number, name = choose_track(run)
    portrait = cut_portrait(people[name], _TILE)
    return [_paint(moment, number, portrait, recognizer) for moment in _moments(run, number)[::EVERY]]


def choose_track(run: Sequence[FrameResult]) -> tuple[int, str]:
    """The track that went through all three states and was named at the smallest face; its number and name."""
    found = []
    for number in sorted({track.id for moment in run for track in moment.tracks}):
        seen = [(moment.decisions.get(number), moment) for moment in _moments(run, number)]
        states = [decision.state for decision, _ in seen if decision]
        if tuple(dict.fromkeys(states)) == STATES:
            first = next(one for one in seen if one[0] and one[0].state is State.NAMED)
            assert first[0] and first[0].person
            found.append((next(t.face_px for t in first[1].tracks if t.id == number), number, first[0].person))
    if not found:
        raise ValueError("nobody went from unknown to candidate to named in one track")
    return min(found)[1:]


def _moments(run: Sequence[FrameResult], number: int) -> list[FrameResult]:
    return [moment for moment in run if any(track.id == number for track in moment.tracks)]


def _paint(moment: FrameResult, number: int, portrait: Image, recognizer: Recognizer) -> Image:
    small = scaled(moment, _SCALE)
    picture = annotate(small.frame.image, small, text_px=13)
    track = next(track for track in moment.tracks if track.id == number)
    panel = np.full((picture.shape[0], _PANEL, 3), BACK, np.uint8)
    chip = cut_face(moment.frame.image, track, recognizer)
    card = Card(chip, portrait, track.face_px, moment.decisions.get(number))
    draw_faces(panel, card, (_EDGE, _EDGE), _TILE, _TEXT)
    draw_decision(panel, card, (_EDGE, _TILE + _EDGE + 2 * _TEXT), _TEXT)
    return np.hstack([picture, panel])


def write_strip(path: Path, pictures: Sequence[Image], *, fps: float) -> None:
    """Write an endless WebP animation that rests on its last picture."""
    animation = cv2.Animation()
    animation.frames = [cv2.cvtColor(picture, cv2.COLOR_BGR2BGRA) for picture in pictures]
    animation.durations = np.array([1000 * EVERY / fps] * (len(pictures) - 1) + [2500], np.int32)
    if not cv2.imwriteanimation(str(path), animation, [cv2.IMWRITE_WEBP_QUALITY, QUALITY]):
        raise OSError(f"{path}: OpenCV could not write the animation")
