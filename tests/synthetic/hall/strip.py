"""The moving picture in README.md: one person walks nearer, unknown at first, then a candidate, then named."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Image
from pipeline.sink import FrameResult
from pipeline.types import Track
from recognizer.base import Recognizer, State
from tests.synthetic.hall.card import BACK, Card, cut_face, cut_portrait, draw_decision, draw_faces
from tests.synthetic.hall.people import Person
from tests.synthetic.hall.record import draw, named

STATES = (State.UNKNOWN, State.CANDIDATE, State.NAMED)
EVERY = 2  # of the frames
REST_MS = 2500  # on the last picture
QUALITY = 55  # of the WebP file, 0 to 100
_SCALE, _TEXT, _TILE, _EDGE = 0.75, 15, 120, 12  # of the camera picture; pixels
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
        decisions = [moment.decisions[number] for moment in run if number in moment.decisions]
        if tuple(dict.fromkeys(decision.state for decision in decisions)) == STATES:
            found.append((_first_named_px(run, number), number, str(decisions[-1].person)))
    if not found:
        raise ValueError("nobody went from unknown to candidate to named in one track")
    return min(found)[1:]


def _first_named_px(run: Sequence[FrameResult], number: int) -> float:
    return next(track.face_px for moment in run for track, _ in named(moment) if track.id == number)


def _moments(run: Sequence[FrameResult], number: int) -> list[FrameResult]:
    """Frames that show the whole head of this track."""
    return [one for one in run if any(track.id == number and _is_inside(track, one) for track in one.tracks)]


def _is_inside(track: Track, moment: FrameResult) -> bool:
    rim, (width, height) = track.face_px / 2, moment.frame.size
    x1, y1, x2, y2 = track.box.tolist()
    return bool(x1 > rim and y1 > rim and x2 < width - rim and y2 < height - rim)


def _paint(moment: FrameResult, number: int, portrait: Image, recognizer: Recognizer) -> Image:
    picture = draw(moment, _SCALE, text_px=13)
    track = next(track for track in moment.tracks if track.id == number)
    panel = np.full((picture.shape[0], _PANEL, 3), BACK, np.uint8)
    chip = cut_face(moment.frame.image, track, recognizer)
    card = Card(number, chip, portrait, track.face_px, moment.decisions.get(number))
    draw_faces(panel, card, (_EDGE, _EDGE), _TILE, _TEXT)
    draw_decision(panel, card, (_EDGE, _TILE + _EDGE + 2 * _TEXT), _TEXT)
    return np.hstack([picture, panel])


def write_strip(path: Path, pictures: Sequence[Image], *, fps: float) -> None:
    """Write an endless WebP animation that rests on its last picture."""
    animation = cv2.Animation()
    animation.frames = [cv2.cvtColor(picture, cv2.COLOR_BGR2BGRA) for picture in pictures]
    animation.durations = [round(1000 * EVERY / fps)] * (len(pictures) - 1) + [REST_MS]
    if not cv2.imwriteanimation(str(path), animation, [cv2.IMWRITE_WEBP_QUALITY, QUALITY]):
        raise OSError(f"{path}: OpenCV could not write the animation")
