"""The labels of 300 frames, and how boxes are matched with them.

YuNet-n and SCRFD-2.5G searched each frame at twice its size, the embedded detectors of two versions at its own. Where
the first two agreed, the box was looked at on a sheet of all. The other boxes with a score of 0.5 or more by any of the
four were looked at one by one: a face, no face, or nobody can tell. The last, and boxes with lower scores, are to be
ignored. Boxes follow the convention of the detector that was surest, so an overlap of 0.3 is asked for.
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from detectors.arrays import Float32, Mask
from detectors.boxes import box_iou

LABELS = Path(__file__).with_name("labels.json")
SAME_FACE_IOU = 0.3


class FrameLabels(msgspec.Struct, frozen=True):
    """Boxes of one frame, x1 y1 x2 y2 in its pixels: faces, and what nobody can tell."""

    faces: list[tuple[float, float, float, float]]
    ignore: list[tuple[float, float, float, float]]

    @property
    def boxes(self) -> Float32:
        """The faces, (N,4)."""
        return np.array(self.faces, np.float32).reshape(-1, 4)

    @property
    def unknown(self) -> Float32:
        """What is to be ignored, (N,4)."""
        return np.array(self.ignore, np.float32).reshape(-1, 4)


@dataclass(frozen=True)
class Matched:
    """For each face its best box's score, 0 where none was found; and the scores of boxes on nothing that is a face."""

    best: Float32
    false: Float32


def read_labels(path: Path = LABELS) -> dict[str, dict[int, FrameLabels]]:
    """Labels by file name of the clip and index of the decoded frame."""
    return msgspec.json.decode(path.read_bytes(), type=dict[str, dict[int, FrameLabels]])


def match(labels: FrameLabels, boxes: Float32, scores: Float32) -> Matched:
    """Give each face the surest free box that overlaps it. A second box on a face is false.

    boxes (N,4) and scores (N,), best first.
    """
    overlaps = box_iou(labels.boxes, boxes)
    best, is_true = np.zeros(len(labels.faces), np.float32), np.zeros(len(boxes), np.bool_)
    for number in range(len(boxes)):
        free = np.where(best > 0, 0, overlaps[:, number])
        if free.max(initial=0) >= SAME_FACE_IOU:
            best[int(free.argmax())], is_true[number] = scores[number], True
    return Matched(best, scores[~is_true & ~are_unknown(labels, boxes)])


def are_unknown(labels: FrameLabels, boxes: Float32) -> Mask:
    """Which boxes (N,4) are on something that nobody can tell: they overlap it, or have their centre in it."""
    unknown = labels.unknown
    centres = (boxes[:, None, :2] + boxes[:, None, 2:]) / 2
    inside = ((centres >= unknown[:, :2]) & (centres <= unknown[:, 2:])).all(axis=2)
    return np.asarray((inside | (box_iou(boxes, unknown) >= SAME_FACE_IOU)).any(axis=1), np.bool_)
