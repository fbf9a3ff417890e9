"""Draws what the engine saw and decided onto a copy of the frame: the picture a person checks the decisions with.

Labels look for a free place round their face and are left out for nameless faces in a crowd before they cover other
faces: in a picture of 12-pixel faces the label is the larger object. Colours are Okabe and Ito's, which people with
any colour vision tell apart, and every state also differs in its outline and words.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from detectors.arrays import Float32, Image
from pipeline.sink import FrameResult
from pipeline.sinks.text import draw_text, text_width
from pipeline.types import Track
from recognizer.base import Decision, State

Color = tuple[int, int, int]

# Okabe, Ito: "Color Universal Design" (2008), as BGR; the green lightened, as pictures of crowds are dark.
COLORS: dict[State, Color] = {
    State.NAMED: (135, 205, 0),
    State.CANDIDATE: (0, 159, 230),
    State.AMBIGUOUS: (167, 121, 204),
    State.UNKNOWN: (233, 180, 86),
}
WEAK: Color = (170, 170, 170)
_INK: Color = (255, 255, 255)
_PAPER = (24, 20, 18)
_ORDER = (State.NAMED, State.CANDIDATE, State.AMBIGUOUS, State.UNKNOWN)
_CROWDED = 0.15  # share of a face that a nameless face's label may cover before it is left out


@dataclass(frozen=True, slots=True)
class _Style:
    """Sizes that suit the picture: 1-pixel lines and 11-pixel letters at 640x360, 4 and 36 at 4k."""

    line: int
    text: int
    width: int
    height: int

    @staticmethod
    def of(image: Image) -> "_Style":
        height, width = image.shape[:2]
        short = min(height, width)
        return _Style(max(1, round(short / 540)), max(11, round(short / 60)), width, height)


def annotate(image: Image, view: FrameResult) -> Image:
    """Draw a view onto a copy of `image`, BGR uint8 (H,W,3), which is left as it is; boxes are in its pixels.

    Raises ValueError on another shape or dtype.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(f"image: expected uint8 (H, W, 3), got {image.dtype} {image.shape}")
    canvas = image.copy()
    style = _Style.of(canvas)
    tracks = sorted((track for track in view.tracks if _drawable(track.box)), key=lambda track: _rank(track, view))
    _draw_weak(canvas, view, style)
    for track in reversed(tracks):
        _draw_box(canvas, track.box, _state(track, view), style)
    corner = _draw_corner(canvas, view, style)
    _draw_labels(canvas, tracks, view, style, corner)
    return canvas


def label(track: Track, decision: Decision | None) -> str:
    """The words beside a face: who and how sure, track number and face height in pixels."""
    facts = f"#{track.id} {track.face_px:.0f}px"
    if decision is None or decision.state is State.UNKNOWN or decision.person is None:
        return facts
    mark = {State.NAMED: "", State.CANDIDATE: "?", State.AMBIGUOUS: " or other?"}[decision.state]
    return f"{decision.person}{mark} {decision.score:.2f} {facts}"


def _state(track: Track, view: FrameResult) -> State:
    decision = view.decisions.get(track.id)
    return State.UNKNOWN if decision is None else decision.state


def _rank(track: Track, view: FrameResult) -> tuple[int, float, int]:
    return _ORDER.index(_state(track, view)), -track.face_px, track.id


def _drawable(box: Float32) -> bool:
    return bool(np.isfinite(box).all() and box[2] > box[0] and box[3] > box[1])


def _corners(box: Float32, style: _Style) -> tuple[int, int, int, int]:
    # Far outside coordinates overflow OpenCV's fixed point, so they are cut just beyond the picture.
    x1, y1, x2, y2 = np.clip(box, -9, [style.width + 9, style.height + 9] * 2).round().astype(int).tolist()
    return x1, y1, x2, y2


def _draw_weak(canvas: Image, view: FrameResult, style: _Style) -> None:
    """Boxes too weak for a track: dots at their corners, there for whoever looks for missed faces."""
    tracked = np.array([track.box for track in view.tracks], np.float32).reshape(-1, 4)
    for box in view.detections.boxes:
        if not _drawable(box) or (_overlap(box[None], tracked) > 0.5 * _area(box[None])).any():
            continue
        x1, y1, x2, y2 = _corners(box, style)
        for x, y in ((x1, y1), (x2, y1), (x1, y2), (x2, y2)):
            cv2.circle(canvas, (x, y), style.line, WEAK, -1, cv2.LINE_AA)


def _draw_box(canvas: Image, box: Float32, state: State, style: _Style) -> None:
    """Named faces get a closed box, the others open corners; a dark rim keeps both visible on any ground.

    Drawn outside the face: at 10 pixels a line on its edge would cover a third of it.
    """
    x1, y1, x2, y2 = _corners(box + np.array([-1, -1, 1, 1], np.float32) * (style.line + 1), style)
    for color, width in ((_PAPER, style.line + 2), (COLORS[state], style.line)):
        if state is State.NAMED:
            cv2.rectangle(canvas, (x1, y1), (x2, y2), color, width)
            continue
        dx, dy = max(2, (x2 - x1) // 3), max(2, (y2 - y1) // 3)
        for x, y, to_x, to_y in ((x1, y1, dx, dy), (x2, y1, -dx, dy), (x1, y2, dx, -dy), (x2, y2, -dx, -dy)):
            cv2.line(canvas, (x, y), (x + to_x, y), color, width)
            cv2.line(canvas, (x, y), (x, y + to_y), color, width)


def _draw_corner(canvas: Image, view: FrameResult, style: _Style) -> Float32:
    minutes, seconds = divmod(max(view.frame.media_time, 0.0), 60)
    text = f"{view.frame.camera}  {int(minutes):02d}:{seconds:05.2f}"
    width, height = text_width(text, style.text) + style.text, round(style.text * 1.5)
    box = np.array([0, style.height - height, width, style.height], np.float32)
    _plate(canvas, box)
    draw_text(canvas, text, (style.text // 2, style.height - round(style.text * 0.45)), _INK, style.text)
    return box[None]


def _draw_labels(canvas: Image, tracks: list[Track], view: FrameResult, style: _Style, taken: Float32) -> None:
    faces = np.array([track.box for track in tracks], np.float32).reshape(-1, 4)
    put: list[tuple[Track, str, Float32]] = []
    for track in tracks:
        decision = view.decisions.get(track.id)
        text = label(track, decision)
        size = (text_width(text, style.text) + style.text * 0.8, style.text * 1.4)
        places = np.array(list(_places(track.box, size, style)), np.float32)
        hidden = (_overlap(places, faces) / _area(faces)).sum(1) + 3 * (_overlap(places, taken) / _area(taken)).sum(1)
        best = int(hidden.argmin())
        if _state(track, view) is State.UNKNOWN and hidden[best] > _CROWDED:
            continue
        put.append((track, text, places[best]))
        taken = np.vstack([taken, places[best]])
    for track, _, place in put:
        _draw_leader(canvas, place, track.box, COLORS[_state(track, view)], style)
    for track, text, place in put:
        _draw_label(canvas, place, text, COLORS[_state(track, view)], style)


def _places(box: Float32, size: tuple[float, float], style: _Style) -> Iterator[tuple[float, ...]]:
    """Where a label may stand, best first: above, below, beside, then further off; inside the picture."""
    (x1, y1, x2, y2), (width, height), gap = box.tolist(), size, 2 * style.line + 3.0
    middle = (x1 + x2 - width) / 2
    above, below, beside = y1 - gap - height, y2 + gap, (y1 + y2 - height) / 2
    corners = [(x1, above), (x2 - width, above), (x1, below), (x2 - width, below), (middle, above), (middle, below)]
    corners += [(x2 + gap, beside), (x1 - gap - width, beside)]
    corners += [(middle, above - height), (middle, below + height), (x1, above - 2 * height), (x1, below + 2 * height)]
    for x, y in corners:
        x, y = max(0.0, min(x, style.width - width)), max(0.0, min(y, style.height - height))
        yield x, y, x + width, y + height


def _draw_leader(canvas: Image, place: Float32, box: Float32, color: Color, style: _Style) -> None:
    """A line from a label to the face it belongs to, where it had to stand further off."""
    middle = (place[:2] + place[2:]) / 2
    end = np.clip(middle, box[:2], box[2:])
    start = np.clip(end, place[:2], place[2:])
    if np.abs(start - end).max() > style.text:
        low, high = -9, [style.width + 9, style.height + 9]
        first, second = (np.clip(point, low, high).astype(int).tolist() for point in (start, end))
        cv2.line(canvas, first, second, color, style.line, cv2.LINE_AA)


def _draw_label(canvas: Image, place: Float32, text: str, color: Color, style: _Style) -> None:
    _plate(canvas, place)
    x1, y1, _, y2 = place.round().astype(int).tolist()
    cv2.rectangle(canvas, (x1, y1), (x1 + 2 * style.line - 1, y2 - 1), color, -1)
    draw_text(canvas, text, (x1 + round(style.text * 0.4) + style.line, y2 - round(style.text * 0.4)), _INK, style.text)


def _plate(canvas: Image, box: Float32) -> None:
    """Darken what lies under a label, so that its letters can be read and the picture still be guessed."""
    x1, y1, x2, y2 = np.maximum(box, 0).round().astype(int).tolist()
    part = canvas[y1:y2, x1:x2]
    if part.size:
        cv2.addWeighted(part, 0.3, np.full_like(part, _PAPER), 0.7, 0, dst=part)


def _area(boxes: Float32) -> Float32:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def _overlap(places: Float32, boxes: Float32) -> Float32:
    """Pixels shared by each place (N,4) and each box (M,4): float32 (N,M)."""
    low = np.maximum(places[:, None, :2], boxes[None, :, :2])
    high = np.minimum(places[:, None, 2:], boxes[None, :, 2:])
    sides: Float32 = np.maximum(high - low, np.float32(0))
    shared: Float32 = sides[..., 0] * sides[..., 1]
    return shared
