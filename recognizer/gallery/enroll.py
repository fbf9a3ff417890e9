"""From a folder of photographs, one folder per person, to enrolled faces, and a word on every picture refused.

The surprising decision: a picture with a second face of any size worth mentioning is refused, not guessed at. A wrong
face enrolled names the wrong person for as long as the gallery lives.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from detectors.arrays import Float32, Image
from detectors.pictures import PICTURE_SUFFIXES, decode_picture
from recognizer.base import Recognizer
from recognizer.calibration import Calibration, per_comparison
from recognizer.chips import cut_chip, cut_chip_from_box
from recognizer.gallery.index import GalleryIndex
from recognizer.gallery.store import Face, Gallery, clean_name
from recognizer.quality import crop_weight, sharpness
from recognizer.spec import ChipSpec

LONG_SIDE = 1280  # pixels a photograph is reduced to before it is searched
MIN_SHARPNESS = 0.1  # below nearly every sharp portrait: a blurred photograph resembles everybody blurred
RIVAL = 0.33  # share of the largest face's height from which another face makes a picture ambiguous
SURE_SCORE = 0.7  # what is weaker may be no face at all: it would resemble many, and a gallery keeps it for years
OUR_SURE_SCORE = 0.6  # the same of the embedded detector, whose scores say that one picture in ten has such a false box
RIVAL_SCORE = 0.4  # but may well be a second one
BLUR_PX = 12  # face height whose detail a photograph must exceed, in the recogniser's own eyes
MAX_BLUR = 0.65  # cosine with itself at BLUR_PX: above nearly every sharp portrait, set by hand
OUR_MAX_BLUR = 0.75  # the same of the students that ship, which know small faces and find more of a face in one
BLUR_FROM = 48  # chips smaller than this show too little more than BLUR_PX to compare
ALIKE_RATE = 1e-3  # strangers this alike are worth a warning


class Found(Protocol):
    """Faces of one picture, as `detectors.base.Detections`."""

    @property
    def boxes(self) -> Float32: ...
    @property
    def scores(self) -> Float32: ...
    @property
    def landmarks(self) -> Float32 | None: ...


class Finder(Protocol):
    """A face detector, as `detectors.base.FaceDetector`."""

    name: str

    def detect(self, image: Image) -> Found: ...


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

    detector: Finder
    recognizer: Recognizer
    calibration: Calibration
    min_px: float = 24.0
    min_sharpness: float = MIN_SHARPNESS
    max_blur: float = MAX_BLUR
    min_score: float = SURE_SCORE

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
                if path.is_file() and path.suffix.lower() in PICTURE_SUFFIXES:
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
        except Refusal as refusal:
            return Outcome(name, photo.source, Verdict.REFUSED, str(refusal))
        row = Face(face, photo.source, digest, detector=self.detector.name, face_px=px, quality=quality)
        gallery.add(name, row, model_id=self.recognizer.model_id)
        return Outcome(name, photo.source, Verdict.TAKEN, "", self._resemblance(face, name, known, px), px)

    def _face(self, data: bytes) -> tuple[Float32, float, float]:
        """The picture's only face as a unit vector, its height in pixels and its quality."""
        picture = decode_picture(data)
        if picture is None:
            raise Refusal("unreadable: not a picture")
        box, score, landmarks = _only_face(self.detector, picture, self.min_score)
        px = float(box[3] - box[1])
        if px < self.min_px:
            raise Refusal(f"too small: face of {px:.0f} px, at least {self.min_px:g} needed")

        def cut(spec: ChipSpec) -> Image:
            if landmarks is None:
                return cut_chip_from_box(picture, box, spec)
            return cut_chip(picture, landmarks, spec)

        chip = _cut_or_refuse(cut, self.recognizer.spec_for(px))
        if (sharp := sharpness(_cut_or_refuse(cut, ChipSpec(size=112)))) < self.min_sharpness:
            raise Refusal(f"blurred: sharpness {sharp:.3f}, at least {self.min_sharpness:g} needed")
        vector = self.recognizer.embed(chip[None])[0]
        if not vector.any():
            raise Refusal("the recogniser made nothing of this face")
        if (blur := self._blur(chip, vector)) > self.max_blur:
            raise Refusal(
                f"blurred: {blur:.2f} alike when reduced to {BLUR_PX} px, at most {self.max_blur:g} wanted; "
                "it would resemble everybody seen as blurred"
            )
        return vector, px, crop_weight(chip, face_px=px, landmarks=landmarks, score=score)

    def _blur(self, chip: Image, vector: Float32) -> float:
        """Cosine of a chip with itself reduced to BLUR_PX: near 1 where there was no finer detail to lose.

        Blurred photographs are what gives wrong names: to a recogniser blurred faces resemble each other.
        """
        size = len(chip)
        if size < BLUR_FROM:
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
        limit = self.calibration.threshold(px, 1, per_comparison(ALIKE_RATE, len(index)))
        best = int(np.argmax(scores))
        if scores[best] < limit:
            return ""
        return f"looks like {index.people[others[best]]}: {scores[best]:.2f}, strangers stay below {limit:.2f}"


@dataclass(frozen=True, slots=True)
class _Photo:
    path: Path
    person: str
    source: str


class Refusal(Exception):
    """Why a picture is not enrolled, in words for the person who took it."""


def _cut_or_refuse(cut: Callable[[ChipSpec], Image], spec: ChipSpec) -> Image:
    try:
        return cut(spec)
    except ValueError as error:
        raise Refusal(f"cannot be aligned: {error}") from error


def _only_face(detector: Finder, picture: Image, min_score: float) -> tuple[Float32, float, Float32 | None]:
    """Box, score, landmarks of the only face; one that fills the picture is found in a second look, with a rim."""
    for rim in (0.0, 0.5):
        found, scale, shift = _search(detector, picture, rim)
        sure = np.flatnonzero(found.scores >= min_score)
        if len(sure):
            break
    else:
        raise Refusal("no face")
    heights = found.boxes[:, 3] - found.boxes[:, 1]
    best = sure[int(np.argmax(heights[sure]))]
    rivals = int(((heights >= RIVAL * heights[best]) & (found.scores >= RIVAL_SCORE)).sum())
    if rivals > 1:
        raise Refusal(f"{'two' if rivals == 2 else rivals} faces: ambiguous, crop the picture to one")
    box = found.boxes[best] / scale - shift
    points = None if found.landmarks is None else (found.landmarks[best] / scale - shift).astype(np.float32)
    return box.astype(np.float32), float(found.scores[best]), points


def _search(detector: Finder, picture: Image, rim: float) -> tuple[Found, float, float]:
    """Detect in the picture with a black rim, a share of its longer side; found = (pixel + shift) * scale."""
    longest = max(picture.shape[:2])
    width = round(longest * rim)
    framed = cv2.copyMakeBorder(picture, width, width, width, width, cv2.BORDER_CONSTANT) if width else picture
    scale = min(1.0, LONG_SIDE / (longest + 2 * width))
    if scale < 1:
        framed = cv2.resize(framed, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return detector.detect(np.ascontiguousarray(framed, np.uint8)), scale, float(width)
