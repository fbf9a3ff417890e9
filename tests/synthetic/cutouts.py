"""Cuts real people for the demo out of photographs that come with a dependency, so that nothing is downloaded.

The wheel of insightface has a group photograph; scikit-image, which it needs, has a public-domain portrait by NASA. The
face boxes are constants here, so that clip and ground truth are the same for every detector. The names are invented.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Float32, Image

Place = tuple[int, int, int, int]
PHOTOGRAPHS: dict[str, tuple[str, tuple[int, int], tuple[Place, ...]]] = {
    "insightface": (
        "data/images/t1.jpg",
        (1280, 886),
        (
            (55, 267, 159, 393),
            (271, 146, 368, 271),
            (464, 270, 572, 413),
            (746, 344, 848, 477),
            (901, 55, 1005, 204),
            (1131, 271, 1227, 400),
        ),
    ),
    "skimage": ("data/astronaut.png", (512, 512), ((178, 65, 269, 176),)),
}
"""By package: the file, its width and height, and its faces, x1 y1 x2 y2 from brow to chin, from left to right."""

NAMES = ("Ada", "Ben", "Cleo", "Dan", "Edda", "Finn", "Gwen")
PHOTO_PX = 72.0  # face height in an enrolment photograph: sharp, and not too large for detectors of small faces
_PHOTO = (0.9, 0.7)  # face widths and heights of background around an enrolled face
_HEAD, _HAIR = (
    (0.84, 0.84),
    0.08,
)  # half axes of the possible head, in face widths and heights; raised by so many heights
_FACE = (0.42, 0.5)  # half axes of what is certainly head


@dataclass(frozen=True)
class Cutout:
    """One person: an enrolment photograph, and the head with its matte.

    photo, head: BGR uint8.  matte: float32 (H,W) 0..1 of `head`.  box: the face in `head`, x1 y1 x2 y2.
    """

    name: str
    photo: Image
    head: Image
    matte: Float32
    box: Float32


def cutouts() -> list[Cutout]:
    """Cut out everybody in the photographs. Raises FileNotFoundError or ValueError, saying what to install."""
    found: list[Cutout] = []
    for package, (inner, size, places) in PHOTOGRAPHS.items():
        image = _read(package, inner)
        if image.shape[1::-1] != size:
            raise ValueError(
                f"{package}/{inner}: expected {size} pixels, got {image.shape[1::-1]}; another photograph?"
            )
        found += [
            cut_person(NAMES[len(found) + number], image, np.array(place, np.float32))
            for number, place in enumerate(places)
        ]
    return found


def _read(package: str, inner: str) -> Image:
    spec = find_spec(package)  # does not import it
    path = Path(spec.origin).parent / inner if spec and spec.origin else None
    image = cv2.imread(str(path)) if path and path.is_file() else None
    if image is None:
        raise FileNotFoundError(f"{package}/{inner}: expected a photograph there; pip install -e '.[demo]' brings it")
    return np.asarray(image, np.uint8)


def cut_person(name: str, image: Image, box: Float32) -> Cutout:
    """Cut the person with the face `box` (x1 y1 x2 y2, brow to chin) out of a photograph."""
    size = np.tile(box[2:] - box[:2], 2)
    photo, _ = _crop(image, box + size * np.array([-1, -1, 1, 1]) * np.tile(_PHOTO, 2))
    factor = PHOTO_PX / float(box[3] - box[1])
    photo = np.asarray(cv2.resize(photo, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)
    head, corner = _crop(image, box + size * np.array([-0.8, -0.8, 0.8, 0.7]))
    inside = np.asarray(box - np.tile(corner, 2), np.float32)
    return Cutout(name, photo, head, _matte(head, inside), inside)


def _crop(image: Image, box: Float32) -> tuple[Image, Float32]:
    height, width = image.shape[:2]
    x1, y1, x2, y2 = np.clip(box.round(), 0, (width, height, width, height)).astype(int).tolist()
    return np.ascontiguousarray(image[y1:y2, x1:x2]), np.array([x1, y1], np.float32)


def _matte(head: Image, box: Float32) -> Float32:
    """Segment the head by GrabCut: the face is foreground, everything outside an ellipse is background."""
    (x, y), (width, height) = (box[:2] + box[2:]) / 2, box[2:] - box[:2]
    mask = np.full(head.shape[:2], cv2.GC_BGD, np.uint8)
    for (across, down), raised, kind in ((_HEAD, _HAIR, cv2.GC_PR_FGD), (_FACE, 0.0, cv2.GC_FGD)):
        middle = (round(x), round(y - raised * height))
        cv2.ellipse(mask, middle, (round(across * width), round(down * height)), 0, 0, 360, kind, -1)
    cv2.grabCut(head, mask, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_MASK)
    foreground = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(foreground, (0, 0), max(1.0, 0.015 * float(height))), np.float32)
