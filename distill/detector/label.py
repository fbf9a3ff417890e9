"""Labels photographs at full resolution: hand-drawn boxes, and faces that two detectors ("teachers") agree on.

People and detectors disagree about where a face ends. People (maskon) draw from the brows to below the chin, detectors
from the hairline to the chin: boxes of equal height, shifted by a sixth of it. Labels follow the people, because a
drawn box is the only label that does not come from another network. A face that only the teachers found gets the box
that people draw around such landmarks. A box that only one teacher found is left out of the losses.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from detectors.arrays import AnyFloat, Float32, Image, Mask
from detectors.base import Detections, FaceDetector
from detectors.boxes import box_iou
from detectors.resize import ResizedDetector
from detectors.runtime import Runtime
from detectors.yunet import YuNetDetector
from distill.detector.config import DetectorSettings, LabelSettings
from distill.detector.photo_set import Box, FaceLabel, PhotoSet
from distill.detector.prepare import open_photo_sets
from distill.detector.retinaface import RetinaFaceDetector
from distill.progress import Log, Progress
from recognizer.chips import similarity
from recognizer.spec import ARCFACE_112

ARCFACE = np.asarray(ARCFACE_112, np.float64) + 0.5  # landmarks (5,2) of an aligned face, corner coordinates
DRAWN_BOX = np.array([11.1, 30.2, 105.8, 132.5])  # median hand-drawn box, x1 y1 x2 y2 in the template's 112 pixels
_SAME_FACE_IOU = 0.4  # boxes of the two teachers with this overlap are one face
_MAX_DISTANCE = 0.4  # share of a drawn box's height: a teacher's face is the drawn one if its centre is this near
_HEIGHT_RATIOS = (0.5, 2.0)  # and if its height is within these factors
_MIN_OVERLAP = 0.1  # IoU from which two boxes concern the same face


class PhotoLabels(msgspec.Struct, frozen=True):
    """The faces of one photograph."""

    name: str
    faces: list[FaceLabel]


def label(settings: DetectorSettings, log: Log) -> None:
    """Label every prepared photograph that has no labels yet."""
    for photo_set, source in zip(open_photo_sets(settings), settings.scenes, strict=True):
        path = labels_path(photo_set)
        known = read_labels(photo_set)
        if len(known) == len(photo_set.photos):
            continue
        runtime = Runtime(threads=settings.threads)
        source_teachers = open_teachers(settings.label, runtime, long_side=source.long_side) if source.label else []
        path.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in known))  # drops a torn last line
        _label_set(photo_set, source_teachers, settings.label, done=len(known))
        faces = [face for one in read_labels(photo_set) for face in one.faces]
        counts = {"faces": sum(not face.ignore for face in faces), "ignored": sum(face.ignore for face in faces)}
        log.write("label", set=photo_set.name, pictures=len(photo_set.photos), **counts)


def _label_set(photo_set: PhotoSet, teachers: Sequence[FaceDetector], settings: LabelSettings, *, done: int) -> None:
    """Append the labels of all photographs after the first `done`."""
    with (
        labels_path(photo_set).open("ab", buffering=0) as file,
        Progress(photo_set.name, unit="pictures", total=len(photo_set.photos), done=done) as progress,
    ):
        for number, photo in enumerate(photo_set.photos[done:], done + 1):
            first, second = _ask(teachers, photo_set.pixels(photo))
            drawn = np.array(photo.drawn, np.float32).reshape(-1, 4)
            labels = PhotoLabels(photo.name, merge_labels(drawn, first, second, settings))
            file.write(msgspec.json.encode(labels) + b"\n")
            progress.update(number)


def _ask(teachers: Sequence[FaceDetector], image: Image) -> tuple[Detections, Detections]:
    """What both teachers find; nothing where there are none."""
    first, second = [teacher.detect(image) for teacher in teachers] or [Detections.empty()] * 2
    return first, second


def labels_path(photo_set: PhotoSet) -> Path:
    """The file of labels: one line of JSON per photograph, in the order of the set."""
    return photo_set.folder / f"{photo_set.name}.labels.jsonl"


def read_labels(photo_set: PhotoSet) -> list[PhotoLabels]:
    """The labels up to the first line that a kill left incomplete."""
    found: list[PhotoLabels] = []
    path = labels_path(photo_set)
    for line in path.read_bytes().splitlines() if path.exists() else []:
        try:
            found.append(msgspec.json.decode(line, type=PhotoLabels))
        except msgspec.MsgspecError:
            break
    return found


def open_teachers(settings: LabelSettings, runtime: Runtime, *, long_side: int = 0) -> list[FaceDetector]:
    """Both teachers; each searches a photograph resized to `long_side`, by default that of the settings."""
    yunet = YuNetDetector(Path(settings.yunet), runtime=runtime, score=settings.ignore_score)
    retinaface = RetinaFaceDetector(Path(settings.retinaface), runtime=runtime, score=settings.ignore_score)
    return [ResizedDetector(teacher, long_side or settings.long_side) for teacher in (yunet, retinaface)]


def merge_labels(drawn: Float32, first: Detections, second: Detections, settings: LabelSettings) -> list[FaceLabel]:
    """The labels of one photograph.

    First the hand-drawn boxes (N,4) in their order, with the teachers' landmarks where they found the face; then faces
    that both teachers found; then what only one of them found, to be ignored.
    """
    agreed, single = match_teachers(first, second, settings.face_score)
    assert agreed.landmarks is not None
    faces: list[FaceLabel] = []
    is_drawn = np.zeros(len(agreed), np.bool_)
    for box in drawn:
        row = _same_face(box, agreed)
        faces.append(_face_label(box, None if row is None else agreed.landmarks[row]))
        is_drawn |= _touches(agreed.boxes, box)
    faces += [_face_label(box_from_landmarks(points), points) for points in agreed.landmarks[~is_drawn]]
    known = np.array([face.box for face in faces], np.float32).reshape(-1, 4)
    unclear = [box for box in single.boxes if not any(_touches(box[None], other)[0] for other in known)]
    return faces + [FaceLabel(_box_tuple(box), ignore=True) for box in unclear]


def match_teachers(first: Detections, second: Detections, face_score: float) -> tuple[Detections, Detections]:
    """Faces that both teachers found with `face_score`, as the mean of both; and all other boxes of either."""
    overlap = box_iou(first.boxes, second.boxes)
    partner = overlap.argmax(axis=1) if len(second) else np.zeros(len(first), np.intp)
    both = (overlap.max(axis=1, initial=0) >= _SAME_FACE_IOU) & (first.scores >= face_score)
    if len(second):
        both &= second.scores[partner] >= face_score
    one, two = first[np.flatnonzero(both)], second[partner[both]]
    assert one.landmarks is not None
    assert two.landmarks is not None
    half = np.float32(0.5)
    points = (one.landmarks + two.landmarks) * half
    agreed = Detections((one.boxes + two.boxes) * half, np.minimum(one.scores, two.scores), points)
    rest = np.setdiff1d(np.arange(len(second)), partner[both])
    single = np.concatenate([first.boxes[~both], second.boxes[rest]])
    return agreed, Detections(single, np.concatenate([first.scores[~both], second.scores[rest]]))


def box_from_landmarks(points: AnyFloat) -> Float32:
    """The upright box (4,) that people draw around a face with these landmarks (5,2), however it is rotated."""
    matrix = similarity(ARCFACE, points)
    centre = matrix[:, :2] @ ((DRAWN_BOX[:2] + DRAWN_BOX[2:]) / 2) + matrix[:, 2]
    half = np.hypot(matrix[0, 0], matrix[1, 0]) * (DRAWN_BOX[2:] - DRAWN_BOX[:2]) / 2
    return np.concatenate([centre - half, centre + half]).astype(np.float32)


def _same_face(box: Float32, found: Detections) -> int | None:
    """The row of the detected face whose centre is nearest to that of a drawn box, if it can be the same face."""
    if not len(found):
        return None
    height = box[3] - box[1]
    distances = np.abs((found.boxes[:, :2] + found.boxes[:, 2:]) / 2 - (box[:2] + box[2:]) / 2).max(axis=1)
    row = int(distances.argmin())
    ratio = (found.boxes[row, 3] - found.boxes[row, 1]) / max(height, 1e-6)
    is_same = distances[row] <= _MAX_DISTANCE * height and _HEIGHT_RATIOS[0] <= ratio <= _HEIGHT_RATIOS[1]
    return row if is_same else None


def _touches(boxes: Float32, box: Float32) -> Mask:
    """Which boxes (N,4) overlap `box` by more than _MIN_OVERLAP or have their centre in it."""
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    inside = ((centres > box[:2]) & (centres < box[2:])).all(axis=1)
    return np.asarray((box_iou(boxes, box[None])[:, 0] > _MIN_OVERLAP) | inside)


def _face_label(box: Float32, points: Float32 | None) -> FaceLabel:
    if points is None:
        return FaceLabel(_box_tuple(box))
    return FaceLabel(_box_tuple(box), tuple((round(float(x), 2), round(float(y), 2)) for x, y in points))


def _box_tuple(box: Float32) -> Box:
    x1, y1, x2, y2 = (round(float(value), 2) for value in box)
    return x1, y1, x2, y2
