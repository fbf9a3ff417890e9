"""Draws tracks and decisions onto a copy of the frame.

A label is placed where it covers no other face; where a crowd leaves no such place, labels of nameless faces are
omitted, because at 12 pixels a face is smaller than its label. The colours are distinct with any colour vision, and
each state also differs in outline and text.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np

from detectors.arrays import Float32, Image
from pipeline.sink import FrameResult
from pipeline.sinks.candidate import format_chance
from pipeline.sinks.text import draw_text, text_width
from pipeline.types import Track
from recognizer.base import Decision, State

Color = tuple[int, int, int]

# Okabe, Ito: "Color Universal Design" (2008), as BGR; the green is lighter, because images of crowds are dark.
COLORS: dict[State, Color] = {
    State.NAMED: (135, 205, 0),
    State.CANDIDATE: (0, 159, 230),
    State.AMBIGUOUS: (167, 121, 204),
    State.UNKNOWN: (233, 180, 86),
}
WEAK_COLOR: Color = (170, 170, 170)
_TEXT_COLOR: Color = (255, 255, 255)
_BACKGROUND_COLOR: Color = (24, 20, 18)
_DRAWING_ORDER = (State.NAMED, State.CANDIDATE, State.AMBIGUOUS, State.UNKNOWN)
# The label of a nameless face is omitted if it would cover more than this share of other faces.
_MAX_COVERED = 0.15
# Coordinates are clipped this far outside the image: larger ones overflow OpenCV's fixed-point numbers.
_CLIP_MARGIN_PX = 9


@dataclass(frozen=True, slots=True)
class _Style:
    """Sizes in pixels that fit the image: 1 px lines and 11 px letters at 640x360, 4 and 36 at 4K."""

    line: int
    text: int
    width: int
    height: int

    @staticmethod
    def of(image: Image, text_px: int = 0) -> "_Style":
        height, width = image.shape[:2]
        short_side = min(height, width)
        text = text_px or max(11, round(short_side / 60))
        return _Style(max(1, round(short_side / 540)), text, width, height)

    def clip(self, points: Float32) -> Float32:
        """Clip x and y pairs to just outside the image."""
        limits = [self.width + _CLIP_MARGIN_PX, self.height + _CLIP_MARGIN_PX] * (points.shape[-1] // 2)
        return np.clip(points, -_CLIP_MARGIN_PX, limits)


def annotate(image: Image, result: FrameResult, *, scale: float = 1.0, text_px: int = 0) -> Image:
    """Return a copy of `image`, BGR uint8 (H,W,3), with the result drawn onto it.

    scale: pixels of the image for one pixel of the frame, in which boxes are given and faces are measured.
    text_px: height of letters; 0: what fits the image.

    Raises ValueError for another shape or dtype.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(f"image: expected uint8 (H, W, 3), got {image.dtype} {image.shape}")
    canvas = image.copy()
    style = _Style.of(canvas, text_px)
    labels = {track.id: label_text(track, result.decisions.get(track.id)) for track in result.tracks}
    result = _enlarge(result, np.float32(scale)) if scale != 1 else result
    tracks = [track for track in result.tracks if _is_drawable(track.box)]
    tracks.sort(key=lambda track: (_DRAWING_ORDER.index(_state(track, result)), -track.face_px, track.id))
    _draw_weak_detections(canvas, result, style)
    for track in reversed(tracks):
        _draw_box(canvas, track.box, _state(track, result), style)
    caption = _draw_caption(canvas, result, style)
    _draw_labels(canvas, tracks, labels, result, style, caption)
    return canvas


def label_text(track: Track, decision: Decision | None) -> str:
    """Return the label of a face: name and score (of a candidate, its chance), track number, face height in pixels."""
    text = f"#{track.id} {track.face_px:.0f}px"
    if decision is None or decision.state is State.UNKNOWN or decision.person is None:
        return text
    if decision.state is State.CANDIDATE:
        return f"{decision.person}? p {format_chance(decision.false_alarm)} {text}"
    suffix = {State.NAMED: "", State.AMBIGUOUS: " or other?"}[decision.state]
    return f"{decision.person}{suffix} {decision.score:.2f} {text}"


def _enlarge(result: FrameResult, scale: np.float32) -> FrameResult:
    """Multiply the coordinates of boxes. Landmarks are not drawn, so they stay as they are."""
    tracks = tuple(replace(track, box=track.box * scale) for track in result.tracks)
    return replace(result, tracks=tracks, detections=replace(result.detections, boxes=result.detections.boxes * scale))


def _state(track: Track, result: FrameResult) -> State:
    decision = result.decisions.get(track.id)
    return State.UNKNOWN if decision is None else decision.state


def _is_drawable(box: Float32) -> bool:
    return bool(np.isfinite(box).all() and box[2] > box[0] and box[3] > box[1])


def _pixel_corners(box: Float32, style: _Style) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = style.clip(box).round().astype(int).tolist()
    return x1, y1, x2, y2


def _draw_weak_detections(canvas: Image, result: FrameResult, style: _Style) -> None:
    """Dot the corners of boxes that are too weak for a track, so that missed faces can be found."""
    tracked = np.array([track.box for track in result.tracks], np.float32).reshape(-1, 4)
    for box in result.detections.boxes:
        if not _is_drawable(box) or (_intersection(box[None], tracked) > 0.5 * _area(box[None])).any():
            continue
        x1, y1, x2, y2 = _pixel_corners(box, style)
        for x, y in ((x1, y1), (x2, y1), (x1, y2), (x2, y2)):
            cv2.circle(canvas, (x, y), style.line, WEAK_COLOR, -1, cv2.LINE_AA)


def _draw_box(canvas: Image, box: Float32, state: State, style: _Style) -> None:
    """Draw a closed box for named faces and open corners for others; a dark outline keeps both visible anywhere.

    Lines lie outside the face: at 10 pixels, a line on its edge would cover a third of it.
    """
    x1, y1, x2, y2 = _pixel_corners(box + np.array([-1, -1, 1, 1], np.float32) * (style.line + 1), style)
    for color, width in ((_BACKGROUND_COLOR, style.line + 2), (COLORS[state], style.line)):
        if state is State.NAMED:
            cv2.rectangle(canvas, (x1, y1), (x2, y2), color, width)
            continue
        dx, dy = max(2, (x2 - x1) // 3), max(2, (y2 - y1) // 3)
        for x, y, to_x, to_y in ((x1, y1, dx, dy), (x2, y1, -dx, dy), (x1, y2, dx, -dy), (x2, y2, -dx, -dy)):
            cv2.line(canvas, (x, y), (x + to_x, y), color, width)
            cv2.line(canvas, (x, y), (x, y + to_y), color, width)


def _draw_caption(canvas: Image, result: FrameResult, style: _Style) -> Float32:
    """Draw camera and media time at the bottom left; return the box they cover, float32 (1,4)."""
    minutes, seconds = divmod(max(result.frame.media_time, 0.0), 60)
    text = f"{result.frame.camera}  {int(minutes):02d}:{seconds:05.2f}"
    width, height = text_width(text, style.text) + style.text, round(style.text * 1.5)
    box = np.array([0, style.height - height, width, style.height], np.float32)
    _darken(canvas, box)
    draw_text(canvas, text, (style.text // 2, style.height - round(style.text * 0.45)), _TEXT_COLOR, style.text)
    return box[None]


def _draw_labels(
    canvas: Image,
    tracks: list[Track],
    labels: Mapping[int, str],
    result: FrameResult,
    style: _Style,
    occupied: Float32,
) -> None:
    """Place each label where it covers least of the faces (tracks' boxes) and of `occupied` boxes, then draw them."""
    faces = np.array([track.box for track in tracks], np.float32).reshape(-1, 4)
    placed: list[tuple[Track, str, Float32]] = []
    for track in tracks:
        text = labels[track.id]
        size = (text_width(text, style.text) + style.text * 0.8, style.text * 1.4)
        candidates = np.array(list(_label_positions(track.box, size, style)), np.float32)
        on_faces = (_intersection(candidates, faces) / _area(faces)).sum(1)
        covered = on_faces + 3 * (_intersection(candidates, occupied) / _area(occupied)).sum(1)
        best = int(covered.argmin())
        if _state(track, result) is State.UNKNOWN and covered[best] > _MAX_COVERED:
            continue
        placed.append((track, text, candidates[best]))
        occupied = np.vstack([occupied, candidates[best]])
    for track, _, box in placed:
        _draw_leader(canvas, box, track.box, COLORS[_state(track, result)], style)
    for track, text, box in placed:
        _draw_label(canvas, box, text, COLORS[_state(track, result)], style)


def _label_positions(box: Float32, size: tuple[float, float], style: _Style) -> Iterator[tuple[float, ...]]:
    """Yield boxes for a label inside the image, best first: above, below, beside, then further away."""
    (x1, y1, x2, y2), (width, height), gap = box.tolist(), size, 2 * style.line + 3.0
    middle = (x1 + x2 - width) / 2
    above, below, beside = y1 - gap - height, y2 + gap, (y1 + y2 - height) / 2
    corners = [(x1, above), (x2 - width, above), (x1, below), (x2 - width, below), (middle, above), (middle, below)]
    corners += [(x2 + gap, beside), (x1 - gap - width, beside)]
    corners += [(middle, above - height), (middle, below + height), (x1, above - 2 * height), (x1, below + 2 * height)]
    for x, y in corners:
        x, y = max(0.0, min(x, style.width - width)), max(0.0, min(y, style.height - height))
        yield x, y, x + width, y + height


def _draw_leader(canvas: Image, label: Float32, face: Float32, color: Color, style: _Style) -> None:
    """Draw a line from a label's box to the face's box if they are more than a letter apart."""
    middle = (label[:2] + label[2:]) / np.float32(2)
    end = np.clip(middle, face[:2], face[2:])
    start = np.clip(end, label[:2], label[2:])
    if np.abs(start - end).max() > style.text:
        first, second = (style.clip(point).astype(int).tolist() for point in (start, end))
        cv2.line(canvas, first, second, color, style.line, cv2.LINE_AA)


def _draw_label(canvas: Image, box: Float32, text: str, color: Color, style: _Style) -> None:
    _darken(canvas, box)
    x1, y1, _, y2 = box.round().astype(int).tolist()
    cv2.rectangle(canvas, (x1, y1), (x1 + 2 * style.line - 1, y2 - 1), color, -1)
    origin = (x1 + round(style.text * 0.4) + style.line, y2 - round(style.text * 0.4))
    draw_text(canvas, text, origin, _TEXT_COLOR, style.text)


def _darken(canvas: Image, box: Float32) -> None:
    """Darken a box so that text on it is legible and the image below still shows."""
    x1, y1, x2, y2 = np.maximum(box, 0).round().astype(int).tolist()
    part = canvas[y1:y2, x1:x2]
    if part.size:
        cv2.addWeighted(part, 0.3, np.full_like(part, _BACKGROUND_COLOR), 0.7, 0, dst=part)


def _area(boxes: Float32) -> Float32:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def _intersection(boxes: Float32, others: Float32) -> Float32:
    """Return the shared area in pixels of each box (N,4) with each other box (M,4): float32 (N,M)."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    sides: Float32 = np.maximum(high - low, np.float32(0))
    shared: Float32 = sides[..., 0] * sides[..., 1]
    return shared
