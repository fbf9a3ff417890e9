"""Recall at false-alarm rates, average precision, landmark error and cost of any detector, by face height.

Each detector's boxes are first shifted and scaled by its own median difference from hand-drawn boxes, fitted on
photographs outside of the test. Where a face ends is a convention, and at 8 px one pixel decides: otherwise the test
would favour detectors that learnt from the same people's boxes. Recall without this correction is reported too.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from detectors.arrays import Float32, Mask
from detectors.base import Detections, FaceDetector
from detectors.boxes import box_iou
from distill.detector.mosaics import MOSAIC_PX, AnnotatedPhoto, Mosaic, lay_out, shrink_to_height

FOUND_IOU = 0.5  # a face is found by a box with this IoU
MIN_SCORE = 0.05  # of the boxes that are evaluated
FIT_HEIGHT_PX = 32  # face height at which box conventions are fitted
_MAX_DISTANCE = 0.4  # share of a face's height: a box whose centre is this near is that face's


@dataclass(frozen=True)
class BoxConvention:
    """How hand-drawn boxes differ from a detector's.

    shift: of the centre, across and down, in shares of the detector's box. factor: of its width and height.
    """

    shift: tuple[float, float] = (0.0, 0.0)
    factor: tuple[float, float] = (1.0, 1.0)

    def to_drawn(self, boxes: Float32) -> Float32:
        """The detector's boxes (N,4) as people would have drawn them."""
        sides = boxes[:, 2:] - boxes[:, :2]
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2 + sides * np.array(self.shift, np.float32)
        halves = sides * np.array(self.factor, np.float32) / 2
        return np.concatenate([centres - halves, centres + halves], axis=1)


@dataclass(frozen=True)
class HeightResult:
    """One detector at one face height.

    For each face, best: highest score of a box that found it, 0 if none did; uncorrected: the same for boxes without
    the convention; error: landmark error as a share of the eye distance, NaN if unknown.
    For each counted box, scores; is_true: whether it found a face that no box before it had found; and sizes: its
    height in pixels.
    """

    best: Float32
    uncorrected: Float32
    scores: Float32
    is_true: Mask
    error: Float32
    sizes: Float32 = field(default_factory=lambda: np.zeros(0, np.float32))


@dataclass
class DetectorResult:
    """All results of one detector.

    false_alarms, false_sizes: scores, and heights in pixels, of all boxes on `pictures` pictures without faces, by set.
    """

    name: str
    convention: BoxConvention = BoxConvention()
    heights: dict[int, HeightResult] = field(default_factory=dict)
    false_alarms: dict[str, Float32] = field(default_factory=dict)
    pictures: dict[str, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    false_sizes: dict[str, Float32] = field(default_factory=dict)

    @property
    def _false_scores(self) -> Float32:
        return np.concatenate([*self.false_alarms.values(), np.zeros(0, np.float32)])

    def threshold(self, rate: float) -> float:
        """The lowest score with at most `rate` false alarms per picture, over all sets."""
        ordered = np.sort(self._false_scores)[::-1]
        allowed = int(rate * sum(self.pictures.values()))
        return float(np.nextafter(ordered[allowed], np.float32(2))) if allowed < len(ordered) else MIN_SCORE

    def recall(self, height: int, rate: float, *, corrected: bool = True) -> float:
        """Share of the faces found at a false-alarm rate."""
        result = self.heights[height]
        scores = result.best if corrected else result.uncorrected
        return float(np.mean(scores >= self.threshold(rate))) if len(scores) else float("nan")

    def precision(self, height: int) -> float:
        """Average precision over the boxes of one height and all pictures without faces."""
        result, false_scores = self.heights[height], self._false_scores
        scores = np.concatenate([result.scores, false_scores])
        is_true = np.concatenate([result.is_true, np.zeros(len(false_scores), np.bool_)])
        return average_precision(scores, is_true, len(result.best))

    def landmark_error(self, height: int, rate: float) -> float:
        """Median landmark error of the faces found at a false-alarm rate, as a share of the eye distance.

        A mean would be dominated by a few faces in profile, whose eyes almost meet.
        """
        result = self.heights[height]
        known = result.error[(result.best >= self.threshold(rate)) & np.isfinite(result.error)]
        return float(np.median(known)) if len(known) else float("nan")

    @property
    def ms_per_megapixel(self) -> float:
        """Median processor time, milliseconds."""
        return float(np.median(self.seconds)) * 1e3 / (MOSAIC_PX * MOSAIC_PX / 1e6) if self.seconds else float("nan")


def fit_convention(detector: FaceDetector, photos: Iterable[AnnotatedPhoto]) -> BoxConvention:
    """The median difference between hand-drawn boxes and the detector's, over faces of FIT_HEIGHT_PX that it finds."""
    rows: list[Float32] = []
    for mosaic in lay_out(shrink_to_height(photos, FIT_HEIGHT_PX)):
        found = detector.detect(mosaic.image)
        for box in mosaic.boxes:
            row = _find_face(box, found)
            if row is not None:
                rows.append(_difference(found.boxes[row], box))
    if not rows:
        return BoxConvention()
    across, down, wide, high = np.median(np.array(rows), axis=0).tolist()
    return BoxConvention((across, down), (wide, high))


def _find_face(box: Float32, found: Detections) -> int | None:
    """The row of the box with the highest score whose centre is near that of a hand-drawn box."""
    if not len(found):
        return None
    centres = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
    distances = np.abs(centres - (box[:2] + box[2:]) / 2).max(axis=1)
    near = np.flatnonzero(distances <= _MAX_DISTANCE * (box[3] - box[1]))
    return int(near[np.argmax(found.scores[near])]) if len(near) else None


def _difference(found: Float32, drawn: Float32) -> Float32:
    """Shift and factor, (4,), from a detector's box (4,) to a hand-drawn box (4,)."""
    sides = found[2:] - found[:2]
    shift = ((drawn[:2] + drawn[2:]) - (found[:2] + found[2:])) / 2 / sides
    return np.concatenate([shift, (drawn[2:] - drawn[:2]) / sides])


def measure_height(detector: FaceDetector, mosaics: Sequence[Mosaic], convention: BoxConvention) -> HeightResult:
    """Run a detector on the mosaics of one face height."""
    results = [_measure_mosaic(detector, mosaic, convention) for mosaic in mosaics if mosaic.boxes]
    if not results:
        none = np.zeros(0, np.float32)
        return HeightResult(none, none, none, np.zeros(0, np.bool_), none)
    columns = ("best", "uncorrected", "scores", "is_true", "error", "sizes")
    return HeightResult(*(np.concatenate([getattr(one, column) for one in results]) for column in columns))


def _measure_mosaic(detector: FaceDetector, mosaic: Mosaic, convention: BoxConvention) -> HeightResult:
    found = detector.detect(mosaic.image)
    faces = np.stack(mosaic.boxes)
    corrected = Detections(convention.to_drawn(found.boxes), found.scores, found.landmarks)
    iou = box_iou(faces, corrected.boxes)
    best = np.where(iou >= FOUND_IOU, corrected.scores, 0).max(axis=1, initial=0)
    uncorrected = np.where(box_iou(faces, found.boxes) >= FOUND_IOU, found.scores, 0).max(axis=1, initial=0)
    counts, is_true = match_boxes(iou, _centre_in_any(corrected.boxes, mosaic.ignore))
    errors = _landmark_errors(mosaic, corrected, iou)
    return HeightResult(
        best, uncorrected, corrected.scores[counts], is_true[counts], errors, heights_of(found.boxes)[counts]
    )


def match_boxes(iou: Float32, ignored: Mask) -> tuple[Mask, Mask]:
    """Which boxes count and which are true, both (boxes,); a second box on a face is false.

    iou: (faces, boxes), boxes best first. ignored: (boxes,), on a face that is not in the test.
    """
    taken = np.zeros(len(iou), np.bool_)
    is_true = np.zeros(iou.shape[1], np.bool_)
    for number in range(iou.shape[1]):
        free = np.where(taken, 0, iou[:, number])
        if free.max(initial=0) >= FOUND_IOU:
            taken[int(free.argmax())] = is_true[number] = True
    return is_true | ~ignored, is_true


def _centre_in_any(boxes: Float32, others: Sequence[Float32]) -> Mask:
    """Which boxes (N,4) have their centre in one of the other boxes."""
    if not others:
        return np.zeros(len(boxes), np.bool_)
    centres, stacked = (boxes[:, :2] + boxes[:, 2:]) / 2, np.stack(others)
    inside = np.all((centres[:, None] > stacked[:, :2]) & (centres[:, None] < stacked[:, 2:]), axis=2)
    return np.asarray(np.any(inside, axis=1))


def _landmark_errors(mosaic: Mosaic, found: Detections, iou: Float32) -> Float32:
    """Landmark error of each face's best box as a share of the eye distance, NaN if either is unknown."""
    errors = np.full(len(mosaic.boxes), np.nan, np.float32)
    if found.landmarks is None or not len(found):
        return errors
    scores = np.where(iou >= FOUND_IOU, found.scores, 0)
    for face, truth in enumerate(mosaic.points):
        row = int(scores[face].argmax())
        if scores[face, row] > 0 and np.isfinite(truth).all():
            distance = np.linalg.norm(found.landmarks[row] - truth, axis=1).mean()
            errors[face] = distance / max(float(np.linalg.norm(truth[0] - truth[1])), 1e-6)
    return errors


def false_alarms(detector: FaceDetector, mosaics: Sequence[Mosaic]) -> tuple[Float32, Float32]:
    """Scores, and heights in pixels, of all boxes on mosaics without faces."""
    found = [detector.detect(mosaic.image) for mosaic in mosaics]
    none = np.zeros(0, np.float32)
    scores = np.concatenate([none, *(one.scores for one in found)])
    return scores, np.concatenate([none, *(heights_of(one.boxes) for one in found)])


def heights_of(boxes: Float32) -> Float32:
    """Heights in pixels of boxes (N,4)."""
    return np.asarray(boxes[:, 3] - boxes[:, 1], np.float32)


def average_precision(scores: Float32, is_true: Mask, faces: int) -> float:
    """Area under the precision-recall curve, with precision made monotonic. Boxes may be in any order."""
    if not faces:
        return float("nan")
    hits = np.cumsum(is_true[np.argsort(-scores, kind="stable")])
    precision = hits / np.arange(1, len(hits) + 1)
    monotonic = np.maximum.accumulate(precision[::-1])[::-1]
    recall = np.concatenate([[0], hits / faces])
    return float(np.sum(np.diff(recall) * monotonic))


def time_once(detector: FaceDetector, mosaic: Mosaic) -> float:
    """Processor seconds of one call of `detect`, so that other work on the machine does not count."""
    began = time.process_time()
    detector.detect(mosaic.image)
    return time.process_time() - began
