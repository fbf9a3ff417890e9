"""What any detector is measured by: recall at false alarm rates, average precision and landmark error by face height.

The surprising decision: every detector's boxes are first moved by its own usual difference from drawn boxes, fitted on
photographs that are not in the test. Where a face ends is a convention, at 8 px one pixel decides, and without this the
test would ask who learnt from the same people's boxes. What the boxes reach as they come is told beside it.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from detectors.arrays import Float32, Mask
from detectors.base import Detections, FaceDetector
from detectors.boxes import box_iou
from distill.detector.mosaics import SHEET, Sheet, Shown, laid_out, shrunk

FOUND = 0.5  # overlap from which a face counts as found
LEAST = 0.05  # score of the weakest boxes looked at
FIT_HEIGHT = 32  # pixels: the face height at which a detector's convention is fitted
_NEAR = 0.4  # of a face's size: a box's middle this near is that face's


@dataclass(frozen=True)
class Convention:
    """How a detector's boxes differ from drawn ones: shift of the middle in shares of its box, factors of its sides."""

    shift: tuple[float, float] = (0.0, 0.0)
    factor: tuple[float, float] = (1.0, 1.0)

    def undone(self, boxes: Float32) -> Float32:
        """The detector's boxes (N,4) as people would have drawn them."""
        sides = boxes[:, 2:] - boxes[:, :2]
        middles = (boxes[:, :2] + boxes[:, 2:]) / 2 + sides * np.array(self.shift, np.float32)
        halves = sides * np.array(self.factor, np.float32) / 2
        return np.concatenate([middles - halves, middles + halves], axis=1)


@dataclass(frozen=True)
class AtHeight:
    """One detector at one face height. best: of each face the score of the box that found it best, 0 where none did;
    plain: the same with boxes as they come. scores and right: every box that counts, best first, and whether it found
    a face no other had. error: of each face the landmark error as a share of the eye distance, NaN where unknown."""

    best: Float32
    plain: Float32
    scores: Float32
    right: Mask
    error: Float32


@dataclass
class Measured:
    """Everything about one detector. false: scores of all boxes on `images` pictures without faces, by set."""

    name: str
    convention: Convention = Convention()
    heights: dict[int, AtHeight] = field(default_factory=dict)
    false: dict[str, Float32] = field(default_factory=dict)
    images: dict[str, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)

    def threshold(self, rate: float) -> float:
        """The lowest score that leaves at most `rate` false boxes per picture, over all sets without faces."""
        ordered = np.sort(np.concatenate([*self.false.values(), np.zeros(0, np.float32)]))[::-1]
        allowed = int(rate * sum(self.images.values()))
        return float(np.nextafter(ordered[allowed], np.float32(2))) if allowed < len(ordered) else LEAST

    def recall(self, height: int, rate: float, *, plain: bool = False) -> float:
        """Share of the faces found at a false alarm rate."""
        found = self.heights[height].plain if plain else self.heights[height].best
        return float(np.mean(found >= self.threshold(rate))) if len(found) else float("nan")

    def precision(self, height: int) -> float:
        """Average precision over the boxes on the sheets of one height and all pictures without faces."""
        mine = self.heights[height]
        false = np.concatenate([*self.false.values(), np.zeros(0, np.float32)])
        scores = np.concatenate([mine.scores, false])
        right = np.concatenate([mine.right, np.zeros(len(false), np.bool_)])
        return average_precision(scores, right, len(mine.best))

    def landmark_error(self, height: int, rate: float) -> float:
        """Median landmark error of the faces found at a false alarm rate, as a share of the eye distance.

        Not the mean: in profile the eyes all but meet, and a few such faces would be most of it.
        """
        mine = self.heights[height]
        known = mine.error[(mine.best >= self.threshold(rate)) & np.isfinite(mine.error)]
        return float(np.median(known)) if len(known) else float("nan")

    @property
    def per_megapixel(self) -> float:
        """Median processor milliseconds for a megapixel."""
        return float(np.median(self.seconds)) * 1e3 / (SHEET * SHEET / 1e6) if self.seconds else float("nan")


def fit_convention(detector: FaceDetector, photographs: Iterable[Shown]) -> Convention:
    """The median difference between drawn boxes and the detector's, over faces of FIT_HEIGHT it surely finds."""
    rows: list[Float32] = []
    for sheet in laid_out(shrunk(photographs, FIT_HEIGHT)):
        found = detector.detect(sheet.image)
        for box in sheet.boxes:
            number = _same_face(box, found)
            if number is not None:
                rows.append(_difference(found.boxes[number], box))
    if not rows:
        return Convention()
    across, down, wide, high = np.median(np.array(rows), axis=0).tolist()
    return Convention((across, down), (wide, high))


def _same_face(box: Float32, found: Detections) -> int | None:
    if not len(found):
        return None
    middles = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
    away = np.abs(middles - (box[:2] + box[2:]) / 2).max(axis=1)
    near = np.flatnonzero(away <= _NEAR * (box[3] - box[1]))
    return int(near[np.argmax(found.scores[near])]) if len(near) else None


def _difference(found: Float32, drawn: Float32) -> Float32:
    sides = found[2:] - found[:2]
    shift = ((drawn[:2] + drawn[2:]) - (found[:2] + found[2:])) / 2 / sides
    return np.concatenate([shift, (drawn[2:] - drawn[:2]) / sides])


def measure_height(detector: FaceDetector, sheets: Sequence[Sheet], convention: Convention) -> AtHeight:
    """Search the sheets of one face height."""
    parts = [_search(detector, sheet, convention) for sheet in sheets if sheet.boxes]
    if not parts:
        none = np.zeros(0, np.float32)
        return AtHeight(none, none, none, np.zeros(0, np.bool_), none)
    best, plain, scores, right, error = (np.concatenate(rows) for rows in zip(*parts, strict=True))
    return AtHeight(best, plain, scores, right, error)


def _search(
    detector: FaceDetector, sheet: Sheet, convention: Convention
) -> tuple[Float32, Float32, Float32, Mask, Float32]:
    found = detector.detect(sheet.image)
    faces = np.stack(sheet.boxes)
    moved = Detections(convention.undone(found.boxes), found.scores, found.landmarks)
    shared = box_iou(faces, moved.boxes)
    best = np.where(shared >= FOUND, moved.scores, 0).max(axis=1, initial=0)
    plain = np.where(box_iou(faces, found.boxes) >= FOUND, found.scores, 0).max(axis=1, initial=0)
    counts, right = judged(shared, _on_others(moved.boxes, sheet.others))
    return best, plain, moved.scores[counts], right[counts], _errors(sheet, moved, shared)


def judged(shared: Float32, elsewhere: Mask) -> tuple[Mask, Mask]:
    """Which boxes count and which are right. shared: overlaps (faces, boxes), boxes best first; elsewhere: on a face
    that is not to be found. Each face makes one box right, a second one on it is wrong."""
    taken = np.zeros(len(shared), np.bool_)
    right = np.zeros(shared.shape[1], np.bool_)
    for number in range(shared.shape[1]):
        free = np.where(taken, 0, shared[:, number])
        if free.max(initial=0) >= FOUND:
            taken[int(free.argmax())] = right[number] = True
    return right | ~elsewhere, right


def _on_others(boxes: Float32, others: Sequence[Float32]) -> Mask:
    """Which boxes have their middle in a face that does not count."""
    if not others:
        return np.zeros(len(boxes), np.bool_)
    middles, apart = (boxes[:, :2] + boxes[:, 2:]) / 2, np.stack(others)
    inside = np.all((middles[:, None] > apart[:, :2]) & (middles[:, None] < apart[:, 2:]), axis=2)
    return np.asarray(np.any(inside, axis=1))


def _errors(sheet: Sheet, found: Detections, shared: Float32) -> Float32:
    """Landmark error of each face's best box as a share of the eye distance, NaN where there is nothing to compare."""
    errors = np.full(len(sheet.boxes), np.nan, np.float32)
    if found.landmarks is None or not len(found):
        return errors
    scores = np.where(shared >= FOUND, found.scores, 0)
    for number, truth in enumerate(sheet.points):
        box = int(scores[number].argmax())
        if scores[number, box] > 0 and np.isfinite(truth).all():
            away = np.linalg.norm(found.landmarks[box] - truth, axis=1).mean()
            errors[number] = away / max(float(np.linalg.norm(truth[0] - truth[1])), 1e-6)
    return errors


def false_scores(detector: FaceDetector, sheets: Sequence[Sheet]) -> Float32:
    """Scores of every box on sheets without faces."""
    return np.concatenate([np.zeros(0, np.float32), *(detector.detect(sheet.image).scores for sheet in sheets)])


def average_precision(scores: Float32, right: Mask, faces: int) -> float:
    """Area under precision over recall, precision made falling, of boxes in any order."""
    if not faces:
        return float("nan")
    hits = np.cumsum(right[np.argsort(-scores, kind="stable")])
    precision = hits / np.arange(1, len(hits) + 1)
    falling = np.maximum.accumulate(precision[::-1])[::-1]
    recall = np.concatenate([[0], hits / faces])
    return float(np.sum(np.diff(recall) * falling))


def time_once(detector: FaceDetector, sheet: Sheet) -> float:
    """Processor seconds for one sheet, with decoding and suppression: other work on the machine is no part of it."""
    began = time.process_time()
    detector.detect(sheet.image)
    return time.process_time() - began
