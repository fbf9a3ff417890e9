"""What two teachers see in a sharp photograph, merged with what people drew: the labels of every small copy of it.

People and teachers differ in where a face ends. People (maskon) draw from the brows to below the chin, teachers from
the hairline to the chin: boxes of one height, a sixth of it apart. The convention here is the people's, since a drawn
box is the only label not made by another network; a teacher's face is given the box that people draw round such
landmarks. The surprise is what a lone teacher is worth: its box is left out of the losses.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from detectors.arrays import AnyFloat, Float32, Mask
from detectors.base import Detections, FaceDetector
from detectors.boxes import box_iou
from detectors.resize import ResizedDetector
from detectors.runtime import Runtime
from detectors.yunet import YuNetDetector
from distill.detector.config import DetectorSettings, LabelSettings
from distill.detector.photo_set import Bank, Face
from distill.detector.prepare import banks
from distill.detector.retinaface import RetinaFaceDetector
from distill.progress import Log, Progress
from recognizer.chips import similarity
from recognizer.spec import ARCFACE_112

ARCFACE = np.asarray(ARCFACE_112, np.float64) + 0.5  # landmarks (5,2) of an aligned face; pixel i covers i..i+1 here
DRAWN = np.array([11.1, 30.2, 105.8, 132.5])  # the box people draw, x1 y1 x2 y2 in the template's 112 pixels (median)
_SAME = 0.4  # overlap from which two teachers mean one face
_NEAR = 0.4  # of a drawn box's height: a teacher's middle this near to its middle is the same face
_ALIKE = (0.5, 2.0)  # ... and of a height within these


class Labels(msgspec.Struct, frozen=True):
    """The faces of one photograph."""

    name: str
    faces: list[Face]


def label(settings: DetectorSettings, log: Log) -> None:
    """Label every prepared photograph, going on where an interrupted run stopped."""
    teachers = open_teachers(settings.label, Runtime(threads=settings.threads))
    for bank in banks(settings):
        path = labels_path(bank)
        known = read_labels(bank)
        if len(known) == len(bank.scenes):
            continue
        path.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in known))  # without a line torn by a kill
        _label_bank(bank, teachers, settings.label, done=len(known))
        faces = [face for one in read_labels(bank) for face in one.faces]
        counts = {"faces": sum(not face.ignore for face in faces), "ignored": sum(face.ignore for face in faces)}
        log.write("label", set=bank.name, pictures=len(bank.scenes), **counts)


def _label_bank(bank: Bank, teachers: Sequence[FaceDetector], settings: LabelSettings, *, done: int) -> None:
    with (
        labels_path(bank).open("ab", buffering=0) as file,
        Progress(bank.name, unit="pictures", total=len(bank.scenes), done=done) as progress,
    ):
        for number, scene in enumerate(bank.scenes[done:], done + 1):
            seen = [teacher.detect(bank.pixels(scene)) for teacher in teachers]
            drawn = np.array(scene.drawn, np.float32).reshape(-1, 4)
            file.write(msgspec.json.encode(Labels(scene.name, merged(drawn, seen[0], seen[1], settings))) + b"\n")
            progress.at(number)


def labels_path(bank: Bank) -> Path:
    """A line of JSON for each photograph, in the bank's order."""
    return bank.folder / f"{bank.name}.labels.jsonl"


def read_labels(bank: Bank) -> list[Labels]:
    """Every whole line; one torn by a kill ends the list."""
    found: list[Labels] = []
    for line in labels_path(bank).read_bytes().splitlines() if labels_path(bank).exists() else []:
        try:
            found.append(msgspec.json.decode(line, type=Labels))
        except msgspec.MsgspecError:
            break
    return found


def open_teachers(settings: LabelSettings, runtime: Runtime) -> list[FaceDetector]:
    """Both teachers, searching enlarged pictures."""
    yunet = YuNetDetector(Path(settings.yunet), runtime=runtime, score=settings.ignore_score)
    retina = RetinaFaceDetector(Path(settings.retinaface), runtime=runtime, score=settings.ignore_score)
    return [ResizedDetector(teacher, settings.long_side) for teacher in (yunet, retina)]


def merged(drawn: Float32, one: Detections, two: Detections, settings: LabelSettings) -> list[Face]:
    """Drawn boxes (N,4) with the teachers' landmarks, then what both teachers see, then what one does, to ignore."""
    agreed, lone = agreement(one, two, settings.face_score)
    faces: list[Face] = []
    taken = np.zeros(len(agreed), np.bool_)
    for box in drawn:
        number = _nearest(box, agreed)
        points = None if number is None or agreed.landmarks is None else agreed.landmarks[number]
        faces.append(_face(box, points))
        taken |= _overlaps(agreed.boxes, box)
    assert agreed.landmarks is not None
    faces += [_face(usual_box(points), points) for points in agreed.landmarks[~taken]]
    known = np.array([face.box for face in faces], np.float32).reshape(-1, 4)
    return faces + [
        Face(_row(box), ignore=True) for box in lone.boxes if not any(_overlaps(box[None], other)[0] for other in known)
    ]


def agreement(one: Detections, two: Detections, sure: float) -> tuple[Detections, Detections]:
    """What both surely see, as the mean of their answers, and what only one of them saw or neither was sure of."""
    overlap = box_iou(one.boxes, two.boxes)
    partner = overlap.argmax(axis=1) if len(two) else np.zeros(len(one), np.intp)
    both = (overlap.max(axis=1, initial=0) >= _SAME) & (one.scores >= sure)
    if len(two):
        both &= two.scores[partner] >= sure
    first, second = one[np.flatnonzero(both)], two[partner[both]]
    assert first.landmarks is not None
    assert second.landmarks is not None
    half = np.float32(0.5)
    points = (first.landmarks + second.landmarks) * half
    agreed = Detections((first.boxes + second.boxes) * half, np.minimum(first.scores, second.scores), points)
    alone = np.setdiff1d(np.arange(len(two)), partner[both])
    lone = np.concatenate([one.boxes[~both], two.boxes[alone]])
    return agreed, Detections(lone, np.concatenate([one.scores[~both], two.scores[alone]]))


def usual_box(points: AnyFloat) -> Float32:
    """The box that people draw round a face with these landmarks (5,2), upright whatever the face's turn."""
    matrix = similarity(ARCFACE, points)
    middle = matrix[:, :2] @ ((DRAWN[:2] + DRAWN[2:]) / 2) + matrix[:, 2]
    half = np.hypot(matrix[0, 0], matrix[1, 0]) * (DRAWN[2:] - DRAWN[:2]) / 2
    return np.concatenate([middle - half, middle + half]).astype(np.float32)


def _nearest(box: Float32, found: Detections) -> int | None:
    """The face whose middle is nearest to a drawn box's, if it may be the same."""
    if not len(found):
        return None
    height = box[3] - box[1]
    away = np.abs((found.boxes[:, :2] + found.boxes[:, 2:]) / 2 - (box[:2] + box[2:]) / 2).max(axis=1)
    number = int(away.argmin())
    ratio = (found.boxes[number, 3] - found.boxes[number, 1]) / max(height, 1e-6)
    return number if away[number] <= _NEAR * height and _ALIKE[0] <= ratio <= _ALIKE[1] else None


def _overlaps(boxes: Float32, box: Float32) -> Mask:
    """Which boxes (N,4) share more than a tenth with `box`, or have their middle in it."""
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    inside = ((middles > box[:2]) & (middles < box[2:])).all(axis=1)
    return np.asarray((box_iou(boxes, box[None])[:, 0] > 0.1) | inside)


def _face(box: Float32, points: Float32 | None) -> Face:
    if points is None:
        return Face(_row(box))
    return Face(_row(box), tuple((round(float(x), 2), round(float(y), 2)) for x, y in points))


def _row(box: Float32) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (round(float(value), 2) for value in box)
    return x1, y1, x2, y2
