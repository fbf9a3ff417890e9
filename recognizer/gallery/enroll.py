"""From a folder of photographs, one folder per person, to enrolled faces, and a word on every picture refused.

The surprising decision: a picture with a second face of any size worth mentioning is refused, not guessed at. A wrong
face enrolled names the wrong person for as long as the gallery lives.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Float32, Image
from detectors.base import Detections, FaceDetector
from detectors.pictures import PHOTO_SUFFIXES, decode_picture
from recognizer.base import Recognizer
from recognizer.calibration import Calibration, per_comparison
from recognizer.chips import cut_chip, cut_chip_from_box
from recognizer.gallery.index import GalleryIndex
from recognizer.gallery.store import Face, Gallery, clean_name
from recognizer.quality import crop_weight, sharpness
from recognizer.spec import ChipSpec

MAX_SIDE_PX = 1280  # larger photographs are shrunk to this longer side before detection
MIN_SHARPNESS = 0.1  # nearly every sharp portrait exceeds it; a blurred one resembles every blurred face
MIN_SECOND_FACE_SHARE = 0.33  # share of the largest face's height from which another face makes a picture ambiguous
MIN_SCORE = 0.7  # a weaker box may be no face: enrolled, it would resemble many people
EMBEDDED_MIN_SCORE = 0.6  # for the embedded detector: such a false box comes up in one picture of ten
MIN_SECOND_FACE_SCORE = 0.4  # a weaker box counts as no second face
BLUR_PX = 12  # a photograph must show the recogniser more detail than a face of this height
MAX_BLUR = 0.65  # cosine with itself at BLUR_PX; nearly every sharp portrait stays below (set by hand)
EMBEDDED_MAX_BLUR = 0.75  # for the students that ship: trained on small faces, they lose less by the reduction
MIN_BLUR_CHIP_PX = 48  # smaller chips show too little more than BLUR_PX to compare
ENROLLED_SUFFIXES = PHOTO_SUFFIXES | {".bmp", ".tif", ".tiff"}  # enrolling a folder again reads the same files
RESEMBLANCE_RATE = 1e-3  # warn of a resemblance that fewer strangers than this reach


class Verdict(StrEnum):
    """What became of a picture."""

    TAKEN = "taken"
    KNOWN = "already enrolled"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One picture: whose, what became of it, and why; `warning` is set for faces taken that look like somebody else."""

    person: str
    source: str
    verdict: Verdict
    reason: str = ""
    warning: str = ""
    face_px: float = 0.0


@dataclass(frozen=True, slots=True)
class Enroller:
    """What enrolling needs: who finds faces, who embeds them, and what face height and sharpness are good enough."""

    detector: FaceDetector
    recognizer: Recognizer
    calibration: Calibration
    min_px: float = 24.0
    min_sharpness: float = MIN_SHARPNESS
    max_blur: float = MAX_BLUR
    min_score: float = MIN_SCORE

    def enroll(self, folder: Path, gallery: Gallery) -> Iterator[Outcome]:
        """Enrol every picture of every person's folder, one transaction each, and tell of each as it is done.

        Raises ValueError where the folder holds no person's folder, or the gallery another model's vectors.
        """
        folders = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
        if not folders:
            raise ValueError(f"{folder}: expected one folder per person, found none")
        for person in folders:
            known = gallery.index(self.recognizer.model_id)  # also refuses another model's gallery before any work
            for path in sorted(person.rglob("*")):
                if path.is_file() and path.suffix.lower() in ENROLLED_SUFFIXES:
                    source = path.relative_to(folder).as_posix()
                    yield self._picture(_Photo(path, person.name, source), gallery, known)

    def _picture(self, photo: "_Photo", gallery: Gallery, known: GalleryIndex) -> Outcome:
        """Enrol one picture or say why not."""
        try:
            name, data = clean_name(photo.person), photo.path.read_bytes()
        except (OSError, ValueError) as error:
            return Outcome(photo.person, photo.source, Verdict.REFUSED, f"unreadable: {error}")
        digest = hashlib.sha256(data).hexdigest()
        if (owner := gallery.owner_of(digest)) is not None:
            verdict = Verdict.KNOWN if owner == name else Verdict.REFUSED
            return Outcome(name, photo.source, verdict, "" if owner == name else f"already enrolled as {owner}")
        try:
            face, px, quality = self._face(data)
        except RefusedError as refusal:
            return Outcome(name, photo.source, Verdict.REFUSED, str(refusal))
        row = Face(face, photo.source, digest, detector=self.detector.name, face_px=px, quality=quality)
        gallery.add(name, row, model_id=self.recognizer.model_id)
        return Outcome(name, photo.source, Verdict.TAKEN, "", self._resemblance(face, name, known, px), px)

    def _face(self, data: bytes) -> tuple[Float32, float, float]:
        """The picture's only face as a unit vector, its height in pixels and its quality."""
        picture = decode_picture(data)
        if picture is None:
            raise RefusedError("unreadable: not a picture")
        box, score, landmarks = _only_face(self.detector, picture, self.min_score)
        px = float(box[3] - box[1])
        if px < self.min_px:
            raise RefusedError(f"too small: face of {px:.0f} px, at least {self.min_px:g} needed")

        def cut(spec: ChipSpec) -> Image:
            if landmarks is None:
                return cut_chip_from_box(picture, box, spec)
            return cut_chip(picture, landmarks, spec)

        chip = _cut_or_refuse(cut, self.recognizer.spec_for(px))
        if (sharp := sharpness(_cut_or_refuse(cut, ChipSpec(size=112)))) < self.min_sharpness:
            raise RefusedError(f"blurred: sharpness {sharp:.3f}, at least {self.min_sharpness:g} needed")
        vector = self.recognizer.embed(chip[None])[0]
        if not vector.any():
            raise RefusedError("the recogniser made nothing of this face")
        if (blur := self._blur(chip, vector)) > self.max_blur:
            raise RefusedError(
                f"blurred: {blur:.2f} alike when reduced to {BLUR_PX} px, at most {self.max_blur:g} wanted; "
                "it would resemble everybody seen as blurred"
            )
        return vector, px, crop_weight(chip, face_px=px, landmarks=landmarks, score=score)

    def _blur(self, chip: Image, vector: Float32) -> float:
        """Cosine of a chip with itself reduced to BLUR_PX: near 1 where there was no finer detail to lose.

        Blurred photographs are what gives wrong names: to a recogniser blurred faces resemble each other.
        """
        size = len(chip)
        if size < MIN_BLUR_CHIP_PX:
            return 0.0
        small = cv2.resize(chip, (BLUR_PX, BLUR_PX), interpolation=cv2.INTER_AREA)
        again = cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC).astype(np.uint8)
        return float(self.recognizer.embed(again[None])[0] @ vector)

    def _resemblance(self, face: Float32, name: str, index: GalleryIndex, px: float) -> str:
        """A warning when somebody else enrolled is as near as strangers hardly ever are."""
        others = [number for number, person in enumerate(index.people) if person != name]
        if not others:
            return ""
        scores = index.search(face[None]).scores[0][others]
        limit = self.calibration.threshold(px, 1, per_comparison(RESEMBLANCE_RATE, len(index)))
        best = int(np.argmax(scores))
        if scores[best] < limit:
            return ""
        return f"looks like {index.people[others[best]]}: {scores[best]:.2f}, strangers stay below {limit:.2f}"


@dataclass(frozen=True, slots=True)
class _Photo:
    path: Path
    person: str
    source: str


class RefusedError(Exception):
    """Why a picture is not enrolled, in words for the person who took it."""


def _cut_or_refuse(cut: Callable[[ChipSpec], Image], spec: ChipSpec) -> Image:
    try:
        return cut(spec)
    except ValueError as error:
        raise RefusedError(f"cannot be aligned: {error}") from error


def _only_face(detector: FaceDetector, picture: Image, min_score: float) -> tuple[Float32, float, Float32 | None]:
    """Box, score, landmarks of the only face; one that fills the picture is found in a second look, with a rim."""
    for rim in (0.0, 0.5):
        found, scale, shift = _search(detector, picture, rim)
        sure = np.flatnonzero(found.scores >= min_score)
        if len(sure):
            break
    else:
        raise RefusedError("no face")
    heights = found.boxes[:, 3] - found.boxes[:, 1]
    best = sure[int(np.argmax(heights[sure]))]
    rivals = int(((heights >= MIN_SECOND_FACE_SHARE * heights[best]) & (found.scores >= MIN_SECOND_FACE_SCORE)).sum())
    if rivals > 1:
        raise RefusedError(f"{'two' if rivals == 2 else rivals} faces: ambiguous, crop the picture to one")
    box = found.boxes[best] / scale - shift
    points = None if found.landmarks is None else (found.landmarks[best] / scale - shift).astype(np.float32)
    return box.astype(np.float32), float(found.scores[best]), points


def _search(detector: FaceDetector, picture: Image, rim: float) -> tuple[Detections, float, float]:
    """Detect in the picture with a black rim, a share of its longer side; found = (pixel + shift) * scale."""
    longest = max(picture.shape[:2])
    width = round(longest * rim)
    framed = cv2.copyMakeBorder(picture, width, width, width, width, cv2.BORDER_CONSTANT) if width else picture
    scale = min(1.0, MAX_SIDE_PX / (longest + 2 * width))
    if scale < 1:
        framed = cv2.resize(framed, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return detector.detect(np.ascontiguousarray(framed, np.uint8)), scale, float(width)
