"""Decides what of each frame is hidden: every face, a little around it, and where a face was or will be."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from detectors.arrays import Float32, Float64, Index
from detectors.boxes import box_iou
from glimpse.blur.followed import Followed, FoundFaces

MARGIN = 0.35
"""How far a region reaches beyond the face on each side, in sizes of the face, for hair, ears and a box too small."""
AROUND_SECONDS = 0.65
"""How long a face is hidden before it was first found and after it was last found, where it was then."""
SAME_FACE_IOU = 0.3


def regions_to_hide(found: FoundFaces, shown: frozenset[str]) -> dict[int, Float32]:
    """Boxes to hide in each frame, float32 (N,4) in pixels. shown: people who may be seen.

    A face is seen only in frames in which it was found, and only if it had the name of somebody in `shown` to its end
    and no other name before. Where it overlaps a face that is hidden, both are hidden.
    """
    frames = np.array(sorted(found.times))
    times = np.array([found.times[frame] for frame in frames])
    hidden: dict[int, list[Float32]] = defaultdict(list)
    visible: dict[int, list[Float32]] = defaultdict(list)
    for face in found.followed.values():
        if face.is_one_of(shown):
            for index, box in face.boxes.items():
                visible[index].append(box)
        else:
            for index, box in _without_gaps(face, frames, times):
                hidden[index].append(box)
    for index, boxes in found.boxes.items():
        hidden[index].extend(_others(boxes, visible[index]))
    return {index: widen(np.stack(boxes)) for index, boxes in hidden.items() if boxes}


def widen(boxes: Float32) -> Float32:
    """Boxes (N,4) with MARGIN on each side."""
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    return np.asarray(boxes + MARGIN * np.stack([-width, -height, width, height], axis=1), np.float32)


def _others(boxes: Float32, visible: list[Float32]) -> Iterator[Float32]:
    """The boxes that are not those of visible faces."""
    if not visible or not len(boxes):
        yield from boxes
        return
    overlap = box_iou(boxes, np.stack(visible)).max(axis=1)
    yield from boxes[overlap < SAME_FACE_IOU]


def _without_gaps(face: Followed, frames: Index, times: Float64) -> Iterator[tuple[int, Float32]]:
    """A face's boxes in all frames from before it was found until after, those between two boxes on a straight line.

    frames, times: numbers of all frames (F,), rising, and their media times, seconds.
    """
    known = sorted(face.boxes)
    stamps = times[np.searchsorted(frames, known)]
    corners = np.stack([face.boxes[index] for index in known])
    first = np.searchsorted(times, stamps[0] - AROUND_SECONDS)
    last = np.searchsorted(times, stamps[-1] + AROUND_SECONDS, side="right")
    for index, time in zip(frames[first:last], times[first:last], strict=True):
        sides = [np.interp(time, stamps, corners[:, side]) for side in range(4)]
        yield int(index), np.asarray(sides, np.float32)
