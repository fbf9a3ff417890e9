"""Finds the one face of a photograph, or says why there is none or more than one.

The recogniser says which boxes are faces: the features of collars and lamps are short. A box that is nearly long enough
may be a person who is turned away or out of focus, and is not overlooked. Halves of a face are long enough; they lie on
the same head, or are gone in the smaller copy.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from detectors.arrays import Float32, Image, Index, Mask
from detectors.base import Detections, FaceDetector
from detectors.boxes import max_share_inside
from detectors.nms import PART_SHARE
from recognizer.base import Recognizer
from recognizer.calibration import Calibration
from recognizer.chips import cut_chip, cut_chip_from_box
from recognizer.lengths import least_length

MAX_SIDE_PX = 1280  # longer side of a photograph during detection; larger ones are shrunk
MIN_SECOND_FACE_SHARE = 0.33  # a face of at least this share of the largest face's height makes a picture ambiguous
MIN_SECOND_FACE_SCORE = 0.4  # a box below it does not count as a second face
MIN_PERSON_LIKENESS = 0.85  # a box of a good score whose feature is this share of the shortest usual may be a person
WEAK_PART_SHARE = 0.2  # of a box of a low score inside of the face, from which on it is a part of that face
CLARITY_SIDE_PX = 512.0  # longer side at which the four ways to hold a photograph are compared
LARGE_PX = 96.0  # a face from here on is looked at again in a smaller copy of the picture
CLEAR_PX = 56.0  # its height there: parts of it are no faces to any detector at that size
RIMS = (0.0, 0.5)  # as shares of the longer side: detectors miss a face that fills the picture
FILLED_SIDE_PX = 64.0  # longer side to which a picture that a face may fill is reduced, where nothing else found one
MIN_FILLED_SHARE = 0.5  # height of a face found so, as a share of the shorter side: smaller ones are textures


class RefusedError(Exception):
    """A picture is not enrolled; the message tells the user why.

    boxes: the faces that were found, float32 (N,4), in pixels of the picture after it was `turned` by these degrees.
    """

    def __init__(self, reason: str, boxes: Float32 | None = None, turned: int = 0) -> None:
        super().__init__(reason)
        self.boxes = np.zeros((0, 4), np.float32) if boxes is None else boxes
        self.turned = turned


@dataclass(frozen=True, slots=True)
class OnlyFace:
    """Box (4,), score, and landmarks (5,2) or None, in pixels of the photograph."""

    box: Float32
    score: float
    landmarks: Float32 | None

    @property
    def px(self) -> float:
        """Height in pixels."""
        return float(self.box[3] - self.box[1])


class Clarity(NamedTuple):
    """How clear the clearest face of a picture is: score times feature length. px: its height; both 0 for none."""

    value: float
    px: float


@dataclass(frozen=True, slots=True)
class FaceChoice:
    """What finds the only face. min_score: of a box.  min_length: as in `Enroller`.

    at: box (4,) of the face that is meant, in pixels of the picture; others do not count then. None: it must be alone.
    """

    detector: FaceDetector
    recognizer: Recognizer
    calibration: Calibration
    min_score: float
    min_length: float | None = None
    at: Float32 | None = None

    def choose(self, picture: Image) -> OnlyFace:
        """The only face of a picture, BGR uint8 (H,W,3). Raises RefusedError."""
        refusals: list[str] = []
        for found in self._searches(picture):
            found = found[np.flatnonzero(found.scores >= MIN_SECOND_FACE_SCORE)]
            lengths = [self._measure(found, row, picture) for row in range(len(found))]
            likeness = np.array([length / least if least else np.inf for length, least in lengths], np.float32)
            faces = np.flatnonzero((likeness >= 1) & (found.scores >= self.min_score))
            if len(faces):
                return self._largest(found, faces, likeness)
            refusals.append(self._why_none(found, lengths))
        raise RefusedError(next(filter(None, refusals), "no face"))

    def clearest(self, picture: Image, *, min_px: float = 0.0) -> Clarity:
        """The clearest face of at least this height, without a rim.

        Lengths count where the recogniser has them, as shares of the shortest usual at that size: those of small faces
        are longer.
        """
        found = find_faces(self.detector, picture, RIMS[0], CLARITY_SIDE_PX)
        heights = found.boxes[:, 3] - found.boxes[:, 1]
        found = found[np.flatnonzero((found.scores >= MIN_SECOND_FACE_SCORE) & (heights >= min_px))]
        rows = np.argsort(-found.scores)[:3].tolist()
        clarity = [float(found.scores[row]) * self._relative_length(found, row, picture) for row in rows]
        if not rows:
            return Clarity(0.0, 0.0)
        best = int(np.argmax(clarity))
        top, bottom = found.boxes[rows[best], [1, 3]]
        return Clarity(clarity[best], float(bottom - top))

    def _searches(self, picture: Image) -> Iterator[Detections]:
        """Faces as found in the picture, with a rim, at CLEAR_PX, and at last as if one face filled it."""
        yield from (self._search(picture, rim) for rim in RIMS)
        yield self._search_at_clear_size(picture)
        found = self._find(picture, RIMS[-1], FILLED_SIDE_PX * (1 + 2 * RIMS[-1]))
        heights = found.boxes[:, 3] - found.boxes[:, 1]
        filled = heights.max(initial=0) >= MIN_FILLED_SHARE * min(picture.shape[:2])
        yield found if filled else found[:0]

    def _search_at_clear_size(self, picture: Image) -> Detections:
        """Faces in a copy of the picture in which the likeliest of them is at most CLEAR_PX high."""
        found = self._find(picture, 0.0, MAX_SIDE_PX)
        if not len(found):
            return found
        _, top, _, bottom = found.boxes[int(np.argmax(found.scores))]
        side = max(picture.shape[:2]) * CLEAR_PX / max(1.0, float(bottom - top))
        return self._find(picture, 0.0, min(side, MAX_SIDE_PX))

    def _search(self, picture: Image, rim: float) -> Detections:
        """Faces in pixels of the picture; where the largest is LARGE_PX and more, as they are found at CLEAR_PX."""
        found = self._find(picture, rim, MAX_SIDE_PX)
        confident = found.boxes[found.scores >= self.min_score]
        largest = float((confident[:, 3] - confident[:, 1]).max(initial=0))
        longest = max(picture.shape[:2]) * (1 + 2 * rim)
        if largest * min(1.0, MAX_SIDE_PX / longest) < LARGE_PX:
            return found
        again = self._find(picture, rim, longest * CLEAR_PX / largest)
        return again if (again.scores >= self.min_score).any() else found

    def _find(self, picture: Image, rim: float, side: float) -> Detections:
        """`find_faces`, and of them only the one that is meant, where one is."""
        found = find_faces(self.detector, picture, rim, side)
        if self.at is None:
            return found
        centres, middle = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2, (self.at[:2] + self.at[2:]) / 2
        inside = ((centres > self.at[:2]) & (centres < self.at[2:])).all(axis=1)
        around = ((found.boxes[:, :2] < middle) & (found.boxes[:, 2:] > middle)).all(axis=1)
        return found[np.flatnonzero(inside & around)]

    def _largest(self, found: Detections, faces: Index, likeness: Float32) -> OnlyFace:
        heights = found.boxes[:, 3] - found.boxes[:, 1]
        best = int(faces[np.argmax(heights[faces])])
        people = (likeness >= 1) | ((likeness >= MIN_PERSON_LIKENESS) & (found.scores >= self.min_score))
        large = people & (heights >= MIN_SECOND_FACE_SHARE * heights[best])
        others = large & ~_on_same_head(found.boxes, best) & ~self._are_weak_parts(found, best)
        if count := int(others.sum()):
            reason = f"{'two' if count == 1 else count + 1} faces: ambiguous, crop the picture to one"
            raise RefusedError(reason, found.boxes[[best, *np.flatnonzero(others)]])
        points = None if found.landmarks is None else found.landmarks[best]
        return OnlyFace(found.boxes[best], float(found.scores[best]), points)

    def _are_weak_parts(self, found: Detections, best: int) -> Mask:
        """Which boxes of a low score reach into the face: chins, collars and necks. Heads do not overlap so much."""
        inside = max_share_inside(found.boxes, found.boxes[best][None])
        return np.asarray((found.scores < self.min_score) & (inside >= WEAK_PART_SHARE), np.bool_)

    def _measure(self, found: Detections, row: int, picture: Image) -> tuple[float, float]:
        """The length of a box's feature, and the least that a face of its height needs, 0 for any."""
        px = float(found.boxes[row, 3] - found.boxes[row, 1])
        least = least_length(self.calibration.lengths, px) if self.min_length is None else self.min_length
        if least <= 0:
            return 0.0, 0.0
        length = self._length(found, row, picture)
        return (least if np.isnan(length) else length), least

    def _relative_length(self, found: Detections, row: int, picture: Image) -> float:
        """The length of a box's feature as a share of the shortest usual; 1 where the recogniser has none."""
        length = self._length(found, row, picture)
        least = least_length(self.calibration.lengths, float(found.boxes[row, 3] - found.boxes[row, 1]))
        return 1.0 if np.isnan(length) else length / least if least > 0 else length

    def _length(self, found: Detections, row: int, picture: Image) -> float:
        """The length of a box's feature; 0 where it cannot be cut, NaN where the recogniser has none."""
        box = found.boxes[row]
        spec = self.recognizer.spec_for(float(box[3] - box[1]))
        try:
            points = None if found.landmarks is None else found.landmarks[row]
            chip = cut_chip_from_box(picture, box, spec) if points is None else cut_chip(picture, points, spec)
        except ValueError:
            return 0.0
        return float(self.recognizer.read(chip[None]).lengths[0])

    def _why_none(self, found: Detections, lengths: list[tuple[float, float]]) -> str:
        """Why the box of the best score is not the face; empty where there is no box."""
        if not len(found):
            return ""
        best = int(np.argmax(found.scores))
        if found.scores[best] < self.min_score:
            return f"no face: best score {found.scores[best]:.2f}, at least {self.min_score:g} needed (--min-score)"
        (length, least), px = lengths[best], float(found.boxes[best, 3] - found.boxes[best, 1])
        return (
            f"hardly a face: feature length {length:.2f}, at least {least:.2f} needed at {px:.0f} px;"
            " it is turned away, covered, or none (--min-length)"
        )


def _on_same_head(boxes: Float32, best: int) -> Mask:
    """Which boxes (N,4) are on the head of one of them: itself, its parts, and boxes of which one holds the other's
    centre."""
    own = boxes[best]
    centres, middle = (boxes[:, :2] + boxes[:, 2:]) / 2, (own[:2] + own[2:]) / 2
    holds_theirs = ((centres > own[:2]) & (centres < own[2:])).all(axis=1)
    holds_own = ((boxes[:, :2] < middle) & (boxes[:, 2:] > middle)).all(axis=1)
    return np.asarray(holds_theirs | holds_own | (max_share_inside(boxes, own[None]) >= PART_SHARE), np.bool_)


def find_faces(detector: FaceDetector, picture: Image, rim: float, side: float) -> Detections:
    """Faces, in pixels of the picture, found in it with a black rim whose width is a share of the longer side.

    side: longer side, with rim, to which it is shrunk for that, pixels.
    """
    longest = max(picture.shape[:2])
    small = shrink(picture, side / (1 + 2 * rim))
    scale, width = max(small.shape[:2]) / longest, round(max(small.shape[:2]) * rim)
    framed = cv2.copyMakeBorder(small, width, width, width, width, cv2.BORDER_CONSTANT) if width else small
    found = detector.detect(np.ascontiguousarray(framed, np.uint8))
    boxes = ((found.boxes - width) / scale).astype(np.float32)
    landmarks = None if found.landmarks is None else ((found.landmarks - width) / scale).astype(np.float32)
    return Detections(boxes, found.scores, landmarks)


def shrink(picture: Image, side: float) -> Image:
    """The picture, reduced so that its longer side is at most so many pixels."""
    scale = side / max(picture.shape[:2])
    if scale >= 1:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
