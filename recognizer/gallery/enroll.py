"""Enrol people from photographs, one folder per person, and report an outcome for every picture.

A picture with a second face of comparable size is refused. Enrolling the wrong face would name the wrong person in
every later run.
"""

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from detectors.arrays import Float32, Image
from detectors.base import FaceDetector
from detectors.pictures import PictureError, check_file_size, decode_or_raise
from recognizer.base import Recognizer
from recognizer.calibration import Calibration
from recognizer.chips import cut_chip, cut_chip_from_box
from recognizer.enrolled import enrolment_specs, read_enrolled
from recognizer.gallery.chips import STORED_SPEC, CutFn, encode_chip
from recognizer.gallery.database import NoRoomError
from recognizer.gallery.folders import Photo, find_photos
from recognizer.gallery.known_faces import KnownFaces
from recognizer.gallery.likeness import doubts_of
from recognizer.gallery.names import clean_name, printable
from recognizer.gallery.only_face import FaceChoice, OnlyFace, RefusedError
from recognizer.gallery.store import Face, Gallery
from recognizer.gallery.upright import find_upright
from recognizer.load import EMBEDDED, FAMILIES
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


class Limits(NamedTuple):
    """The limits of `Enroller` that depend on the models."""

    min_score: float
    max_blur: float
    min_mirror: float


def usual_limits(detector: str, recognizer: str) -> Limits:
    """The limits for a detector and a recogniser as a configuration names them."""
    ours = recognizer in FAMILIES
    return Limits(
        EMBEDDED_MIN_SCORE if detector == EMBEDDED else MIN_SCORE,
        EMBEDDED_MAX_BLUR if ours else MAX_BLUR,
        EMBEDDED_MIN_MIRROR if ours else MIN_MIRROR,
    )


class Verdict(StrEnum):
    """What happened to a file. `LEFT_OUT`: it is no picture."""

    TAKEN = "taken"
    KNOWN = "already enrolled"
    REFUSED = "refused"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result for one picture.

    reason: why it was refused.  warning: set when an enrolled face resembles another person, or not its own.
    face_px: face height in the picture, pixels; 0 unless the face was enrolled.
    boxes: x1 y1 x2 y2 of the faces that were found, pixels of the picture after it was `turned` by so many degrees,
    counter-clockwise.
    """

    person: str
    source: str
    verdict: Verdict
    reason: str = ""
    warning: str = ""
    face_px: float = 0.0
    boxes: tuple[tuple[float, ...], ...] = ()
    turned: int = 0


@dataclass(frozen=True, slots=True)
class _Found:
    """A picture, BGR uint8 (H,W,3), turned counter-clockwise by so many degrees to be upright, and the face in it."""

    picture: Image
    turned: int
    face: OnlyFace


@dataclass(frozen=True, slots=True)
class Enroller:
    """Enrols pictures; holds the models and the limits that a face must meet.

    min_length: shortest feature to enrol; None: what one face in a hundred of its size stays below, if measured.
    keep_chips: store the picture of each face, so that another model can read it without the photograph.
    cohort: strangers that scores are normalised against, where the calibration was measured so.
    refuse_doubtful: refuse faces that look like somebody else, or unlike their own person, instead of a warning.
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
    refuse_doubtful: bool = False

    def enroll(self, folder: Path, gallery: Gallery) -> Iterator[Outcome]:
        """Enrol every picture of every person, one transaction per picture; yields what became of each file.

        folder: holds a folder of pictures per person; without folders, one picture per person, named for them.

        Raises ValueError when it holds neither, or the gallery holds vectors of another model.
        """
        yield from self.enroll_photos(list(find_photos(folder)), gallery)

    def enroll_photos(self, photos: Iterable[Photo], gallery: Gallery) -> Iterator[Outcome]:
        """Enrol these pictures, one transaction each; yields what became of each.

        Raises ValueError when the gallery holds vectors of another model, NoRoomError where it cannot be written.
        """
        known, version = self._known(gallery), gallery.version()
        for photo in photos:
            if gallery.version() != version:  # another process changed the gallery
                known, version = self._known(gallery), gallery.version()
            outcome = self._enroll_or_refuse(photo, gallery, known)
            version += outcome.verdict is Verdict.TAKEN
            yield outcome

    def _known(self, gallery: Gallery) -> KnownFaces:
        return KnownFaces(gallery.index(self.recognizer.model_id), self.cohort)

    def _enroll_or_refuse(self, photo: Photo, gallery: Gallery, known: KnownFaces) -> Outcome:
        """What became of one file: a bad picture is one refusal and never the end of the enrolment."""
        person, source = printable(photo.person), printable(photo.source)
        if photo.note:
            return Outcome(person, source, Verdict.LEFT_OUT, photo.note)
        boxes: tuple[tuple[float, ...], ...] = ()
        turned = 0
        try:
            if photo.fault:
                raise RefusedError(photo.fault)
            return self._enroll_picture(photo, gallery, known)
        except RefusedError as error:
            reason, boxes, turned = str(error), _to_tuples(error.boxes), error.turned
        except NoRoomError:  # of the gallery, not of the picture
            raise
        except (OSError, PictureError) as error:
            reason = f"unreadable: {error}"
        except (cv2.error, MemoryError) as error:
            reason = f"unreadable: {type(error).__name__} while it was read"
        return Outcome(person, source, Verdict.REFUSED, printable(reason), boxes=boxes, turned=turned)

    def _enroll_picture(self, photo: Photo, gallery: Gallery, known: KnownFaces) -> Outcome:
        """Enrol one picture. Raises RefusedError, PictureError or OSError."""
        name = _accept_name(photo.person, gallery)
        digest, decode = _open(photo)
        if (owner := gallery.owner_of(digest)) is not None:
            if owner == name:
                return Outcome(name, printable(photo.source), Verdict.KNOWN)
            raise RefusedError(f"already enrolled as {owner}")
        source = printable(photo.source)  # a file name that is not UTF-8 is stored as it is shown
        found = self._find_face(decode(), photo.box)
        boxes = found.face.box[None]
        try:
            face = self._read_face(found, source, digest)
            if same := known.refuse_same(face.vector, name):
                raise RefusedError(same)
            doubts = doubts_of(face, name, known, self.calibration)
            if doubts and self.refuse_doubtful:
                raise RefusedError("; ".join(doubts))
        except RefusedError as error:
            raise RefusedError(str(error), boxes, found.turned) from error
        gallery.add(name, face, model_id=self.recognizer.model_id)
        warning = "; ".join(filter(None, [_turned(found.turned), *doubts]))
        known.append(name, face.vector)
        return Outcome(name, source, Verdict.TAKEN, "", warning, face.face_px, _to_tuples(boxes), found.turned)

    def _find_face(self, picture: Image, box: Sequence[float] | None) -> _Found:
        """The only face of a picture, or the one in a box. Raises RefusedError when there is none."""
        if min(picture.shape[:2]) < self.min_px:
            raise RefusedError(
                f"too small: picture of {picture.shape[1]}x{picture.shape[0]}, at least {self.min_px:g} px"
            )
        at = None if box is None else np.array(box, np.float32)
        choice = FaceChoice(self.detector, self.recognizer, self.calibration, self.min_score, self.min_length, at)
        return _Found(*find_upright(picture, choice))

    def _read_face(self, found: _Found, source: str, digest: str) -> Face:
        """What is stored of a face. Raises RefusedError where it is not good enough.

        Its vector comes from the photograph at the recogniser's own size. The stored chip loses a little by WebP.
        """
        picture, face = found.picture, found.face
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


def _open(photo: Photo) -> tuple[str, Callable[[], Image]]:
    """The SHA-256 of a picture's file, or of its pixels, and what gives it as BGR uint8 (H,W,3)."""
    if (pixels := photo.pixels) is not None:
        what = repr(pixels.shape) + (repr(photo.box) if photo.box else "")  # two people of one picture are two faces
        return hashlib.sha256(what.encode() + pixels.tobytes()).hexdigest(), lambda: pixels
    check_file_size(photo.path)
    data = photo.path.read_bytes()
    return hashlib.sha256(data).hexdigest(), lambda: decode_or_raise(data)


def _accept_name(person: str, gallery: Gallery) -> str:
    try:
        name = clean_name(person)
        gallery.check_name(name)
    except ValueError as error:
        raise RefusedError(str(error)) from error
    return name


def _to_tuples(boxes: Float32) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(round(float(value), 1) for value in box) for box in boxes)


def _turned(degrees: int) -> str:
    return f"lay on its side or head: turned by {degrees} degrees" if degrees else ""


def _cut_or_refuse(cut: CutFn, spec: ChipSpec) -> Image:
    try:
        return cut(spec)
    except ValueError as error:
        raise RefusedError(f"cannot be aligned: {error}") from error
