"""Enrol people from photographs, one folder per person, and report an outcome for every picture.

A picture with a second face of comparable size is refused. Enrolling the wrong face would name the wrong person in
every later run.
"""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Float32, Image
from detectors.base import FaceDetector
from detectors.pictures import PHOTO_SUFFIXES, decode_picture
from recognizer.base import Recognizer
from recognizer.calibration import Calibration, per_comparison
from recognizer.chips import cut_chip, cut_chip_from_box
from recognizer.enrolled import enrolment_specs, read_enrolled
from recognizer.gallery.chips import STORED_SPEC, CutFn, encode_chip
from recognizer.gallery.index import GalleryIndex
from recognizer.gallery.names import clean_name
from recognizer.gallery.only_face import FaceChoice, RefusedError
from recognizer.gallery.store import Face, Gallery
from recognizer.normalisation import Cohort
from recognizer.quality import crop_weight, sharpness
from recognizer.spec import ChipSpec

MIN_SHARPNESS = 0.1  # nearly all sharp portraits exceed it; a blurred face resembles every other blurred face
MIN_SCORE = 0.7  # a box below it may show no face and would resemble many people
EMBEDDED_MIN_SCORE = 0.6  # of the embedded detector; one picture in ten has a false box of this score
BLUR_PX = 12  # a photograph must show more detail than a face of this height
MAX_BLUR = 0.65  # highest cosine with its copy at BLUR_PX; nearly all sharp portraits stay below (set by hand)
EMBEDDED_MAX_BLUR = 0.75  # of the shipped students: trained on small faces, they change less
MIN_MIRROR = -1.0  # lowest cosine with the mirror image of other recognisers, for which it was not measured: any
EMBEDDED_MIN_MIRROR = 0.6  # 99 % of well-cut faces exceed .69; cut a sixth of the face too far aside, half do not
MIN_BLUR_CHIP_PX = 48  # in smaller chips the difference to BLUR_PX is too small to measure
ENROLLED_SUFFIXES = PHOTO_SUFFIXES | {".bmp", ".tif", ".tiff"}  # kept stable so that re-enrolling reads the same files
RESEMBLANCE_RATE = 1e-3  # warn of a score that only this share of searches with a stranger reaches


class Verdict(StrEnum):
    """What happened to a picture."""

    TAKEN = "taken"
    KNOWN = "already enrolled"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result for one picture.

    reason: why it was refused.  warning: set when an enrolled face resembles another person.
    face_px: face height in the picture, pixels; 0 unless the face was enrolled.
    """

    person: str
    source: str
    verdict: Verdict
    reason: str = ""
    warning: str = ""
    face_px: float = 0.0


@dataclass(frozen=True, slots=True)
class Enroller:
    """Enrols pictures; holds the models and the limits that a face must meet.

    min_length: shortest feature to enrol; None: what one face in a hundred of its size stays below, if measured.
    keep_chips: store the picture of each face, so that another model can read it without the photograph.
    cohort: strangers that scores are normalised against, where the calibration was measured so.
    """

    detector: FaceDetector
    recognizer: Recognizer
    calibration: Calibration
    min_px: float = 24.0
    min_sharpness: float = MIN_SHARPNESS
    max_blur: float = MAX_BLUR
    min_score: float = MIN_SCORE
    min_length: float | None = None
    min_mirror: float = MIN_MIRROR
    keep_chips: bool = True
    cohort: Cohort | None = None

    def enroll(self, folder: Path, gallery: Gallery) -> Iterator[Outcome]:
        """Enrol every picture in every person's folder, one transaction per picture; yields each outcome.

        Raises ValueError when the folder has no folder per person, or the gallery holds vectors of another model.
        """
        folders = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
        if not folders:
            raise ValueError(f"{folder}: expected one folder per person, found none")
        for person in folders:
            # Raises for another model before any work is done.
            index = gallery.index(self.recognizer.model_id).against(self.cohort)
            for path in sorted(person.rglob("*")):
                if path.is_file() and path.suffix.lower() in ENROLLED_SUFFIXES:
                    source = path.relative_to(folder).as_posix()
                    yield self._enroll_picture(_Photo(path, person.name, source), gallery, index)

    def _enroll_picture(self, photo: "_Photo", gallery: Gallery, index: GalleryIndex) -> Outcome:
        """Enrol one picture, or report why it was refused."""
        try:
            name, data = clean_name(photo.person), photo.path.read_bytes()
        except (OSError, ValueError) as error:
            return Outcome(photo.person, photo.source, Verdict.REFUSED, f"unreadable: {error}")
        digest = hashlib.sha256(data).hexdigest()
        if (owner := gallery.owner_of(digest)) is not None:
            verdict = Verdict.KNOWN if owner == name else Verdict.REFUSED
            return Outcome(name, photo.source, verdict, "" if owner == name else f"already enrolled as {owner}")
        try:
            face = self._read_only_face(data, photo.source, digest)
        except RefusedError as error:
            return Outcome(name, photo.source, Verdict.REFUSED, str(error))
        gallery.add(name, face, model_id=self.recognizer.model_id)
        warning = self._resemblance(face.vector, name, index, face.face_px)
        return Outcome(name, photo.source, Verdict.TAKEN, "", warning, face.face_px)

    def _read_only_face(self, data: bytes, source: str, digest: str) -> Face:
        """The only face of a picture.

        Its vector comes from the photograph at the recogniser's own size. The stored chip loses a little by WebP.
        Raises RefusedError when there is no such face or it is not good enough.
        """
        picture = decode_picture(data)
        if picture is None:
            raise RefusedError("unreadable: not a picture")
        choice = FaceChoice(self.detector, self.recognizer, self.calibration, self.min_score, self.min_length)
        face = choice.choose(picture)
        box, landmarks, px = face.box, face.landmarks, face.px
        if px < self.min_px:
            raise RefusedError(f"too small: face of {px:.0f} px, at least {self.min_px:g} needed")

        def cut(spec: ChipSpec) -> Image:
            if landmarks is None:
                return cut_chip_from_box(picture, box, spec)
            return cut_chip(picture, landmarks, spec)

        specs = enrolment_specs(self.recognizer, px)
        *chips, stored = (_cut_or_refuse(cut, spec) for spec in (*specs, STORED_SPEC))
        if (contrast := sharpness(stored)) < self.min_sharpness:
            raise RefusedError(f"blurred: sharpness {contrast:.3f}, at least {self.min_sharpness:g} needed")
        by_size = {spec.size: chip[None] for spec, chip in zip(specs, chips, strict=True)}
        readings = read_enrolled(self.recognizer, px, lambda spec: by_size[spec.size])
        vector, length = readings.vectors[0], float(readings.lengths[0])
        if not vector.any():
            raise RefusedError("the recogniser returned no usable vector for this face")
        if (mirror := self._mirror_likeness(chips[0])) < self.min_mirror:
            raise RefusedError(
                f"turned away or cut at the wrong place: cosine {mirror:.2f} with its mirror image,"
                f" at least {self.min_mirror:g} needed (--min-mirror)"
            )
        if (blur := self._blur(chips[0])) > self.max_blur:
            raise RefusedError(
                f"blurred: cosine {blur:.2f} with its copy reduced to {BLUR_PX} px, at most {self.max_blur:g} allowed;"
                " it would resemble every blurred face"
            )
        return Face(
            vector,
            source,
            digest,
            detector=self.detector.name,
            face_px=px,
            quality=crop_weight(chips[0], face_px=px, landmarks=landmarks, score=face.score),
            length=length if math.isfinite(length) else None,
            chip=encode_chip(stored) if self.keep_chips else None,
        )

    def _mirror_likeness(self, chip: Image) -> float:
        """Cosine of a chip with its mirror image: low where the face is not in the middle of the chip, or turned."""
        own, mirrored = self.recognizer.embed(np.stack([chip, chip[:, ::-1]]))
        return float(own @ mirrored)

    def _blur(self, chip: Image) -> float:
        """Cosine of a chip with its copy reduced to BLUR_PX: near 1 when the chip has no finer detail.

        Blurred photographs cause wrong names, because a recogniser finds blurred faces alike.
        """
        size = len(chip)
        if size < MIN_BLUR_CHIP_PX:
            return 0.0
        small = cv2.resize(chip, (BLUR_PX, BLUR_PX), interpolation=cv2.INTER_AREA)
        enlarged = cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC).astype(np.uint8)
        sharp, blurred = self.recognizer.embed(np.stack([chip, enlarged]))
        return float(sharp @ blurred)

    def _resemblance(self, vector: Float32, name: str, index: GalleryIndex, px: float) -> str:
        """A warning if the face is closer to another person than strangers normally are; otherwise empty."""
        others = [position for position, person in enumerate(index.people) if person != name]
        if not others:
            return ""
        scores = index.search(vector[None]).scores[0][others]
        limit = self.calibration.threshold(px, 1, per_comparison(RESEMBLANCE_RATE, len(index)))
        best = int(np.argmax(scores))
        if scores[best] < limit:
            return ""
        return f"looks like {index.people[others[best]]}: score {scores[best]:.2f}, strangers stay below {limit:.2f}"


@dataclass(frozen=True, slots=True)
class _Photo:
    path: Path
    person: str
    source: str


def _cut_or_refuse(cut: CutFn, spec: ChipSpec) -> Image:
    try:
        return cut(spec)
    except ValueError as error:
        raise RefusedError(f"cannot be aligned: {error}") from error
