"""Faces in one picture, each with the vector that says who it is.

A face is what the pipeline accepts on one look: a box that is likely enough, with a feature as long as those of faces.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from detectors.arrays import Float32, Image
from detectors.base import Detections
from glimpse.errors import PictureError
from glimpse.models import Models, shipped_models
from glimpse.pictures import Picture, read_picture
from pipeline.settings.types import CameraDefaults, TrackingSettings
from pipeline.tracks.acceptance import sure_score
from pipeline.tracks.crops import Crop, cut_crop, embed_with
from pipeline.tracks.track import TrackState
from pipeline.types import Frame, Track
from recognizer.chips import cut_chip, cut_chip_from_box
from recognizer.enrolled import enrolment_specs
from recognizer.gallery.chips import STORED_SPEC
from recognizer.gallery.only_face import MAX_SIDE_PX, MIN_SECOND_FACE_SHARE, RIMS, find_faces
from recognizer.spec import ChipSpec

if TYPE_CHECKING:
    from supervision import Detections as SupervisionDetections

__all__ = ["Face", "find"]

MIN_PX = CameraDefaults().min_face_px
MIN_SCORE = TrackingSettings().start_score
MIN_LIKENESS = TrackingSettings().min_likeness
ONE_FACE = "cut the picture to one face, or give one of glimpse.find(picture)"

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face of a picture. Coordinates are pixels of the upright picture, (0, 0) the corner of its first pixel.

    box: x0, y0, x1, y1; may reach over the edge of the picture.
    px: height of the face, that of its box unless the picture lies on its side; all thresholds use this size.
    landmarks: float32 (5,2) x y: the subject's right eye (left in the picture), left eye, nose, right and left corner
    of the mouth; None where the detector gives none.
    score: the detector's, 0..1.
    chip: the aligned face, BGR uint8 (112,112,3), by the ArcFace template; black outside the picture.
    vector: float32 (D,), of unit length.  model_id: the space of the vector.
    length: of the feature before it was scaled to 1: longer for a face that was read better; NaN where not given.
    chips: what the recogniser reads, by their sizes: BGR uint8 (S,S,3).
    """

    box: Box
    px: float
    landmarks: Float32 | None = field(repr=False)
    score: float
    chip: Image = field(repr=False)
    vector: Float32 = field(repr=False)
    length: float
    model_id: str = field(repr=False)
    chips: Mapping[int, Image] = field(repr=False)

    def to_supervision(self) -> "SupervisionDetections":
        """This face alone as `supervision.Detections`; see `glimpse.to_supervision`."""
        from glimpse.supervised import to_supervision

        return to_supervision([self])


@dataclass(frozen=True, slots=True)
class _Search:
    """One way to look at a picture. rim: black, as a share of the longer side.  side: longer side to shrink it to.

    turns: quarter turns counter-clockwise, 0, 1 or 3.  min_score: of a box, at least.
    """

    rim: float = RIMS[0]
    side: float = float("inf")
    turns: int = 0
    min_score: float = 0.0


_SEARCHES = (
    _Search(),
    _Search(rim=RIMS[1], side=MAX_SIDE_PX),  # detectors miss a face that fills the picture
    *(
        _Search(side=MAX_SIDE_PX, turns=turns, min_score=sure_score(MIN_SCORE)) for turns in (1, 3)
    ),  # scans lie on their side
)
"""Tried in this order, until one finds a face."""


def find(
    picture: Picture, *, models: Models | None = None, min_px: float = MIN_PX, min_score: float = MIN_SCORE
) -> list[Face]:
    """All faces of a picture, the largest first. Where there is none, those of a picture on its side.

    A picture that stands on its head is not understood: boxes in it may be missing or wrong. Turn it first, for example
    with `numpy.rot90(picture, 2)`; `Gallery.enroll` does so itself.

    min_px: least height, pixels.  min_score: of a box.  models: those that ship, by default.
    Raises PictureError where the picture cannot be read; a picture without faces gives an empty list.
    """
    models = models or shipped_models()
    image = read_picture(picture)
    for search in _SEARCHES:
        score = max(min_score, search.min_score)
        turned = np.ascontiguousarray(np.rot90(image, search.turns)) if search.turns else image
        found = find_faces(models.detector, turned, search.rim, search.side)
        heights = found.boxes[:, 3] - found.boxes[:, 1]
        found = found[np.asarray((heights >= min_px) & (found.scores >= score))]
        if faces := list(_read_faces(turned, found, models, score)):
            size = (image.shape[1], image.shape[0])
            return sorted((_turn_back(face, search.turns, size) for face in faces), key=lambda face: -face.px)
    return []


def one_face(given: Face | Picture, models: Models) -> Face:
    """The face itself, or the only large one of a picture. Raises PictureError where there is none or another."""
    if isinstance(given, Face):
        return given
    faces = find(given, models=models)
    name = os.fspath(given) if isinstance(given, str | os.PathLike) else "picture"
    if not faces:
        raise PictureError(f"{name}: expected one face, found none")
    rivals = [face for face in faces if face.px >= MIN_SECOND_FACE_SHARE * faces[0].px]
    if len(rivals) > 1:
        raise PictureError(f"{name}: expected one face, found {list_faces(rivals)}; {ONE_FACE}")
    return faces[0]


def list_faces(faces: Sequence[Face]) -> str:
    """How many faces there are, and where, for a message: 2 faces (0: 45 px at 20,31; 1: …), or no face."""
    places = (f"{number}: {face.px:.0f} px at {face.box[0]:.0f},{face.box[1]:.0f}" for number, face in enumerate(faces))
    return f"{len(faces)} face{'s' * (len(faces) != 1)} ({'; '.join(places)})" if faces else "no face"


def _read_faces(image: Image, found: Detections, models: Models, min_score: float) -> Iterator[Face]:
    """The detections that are faces, read as the pipeline reads the crops of a track."""
    recognizer = models.recognizer.inner
    frame = Frame("", 0, 0.0, 0.0, 0.0, image)
    tracks = (TrackState(_track(found, row), frame) for row in range(len(found)))
    crops = [crop for track in tracks if (crop := cut_crop(track, image, recognizer))]
    if not crops:
        return
    readings = embed_with(recognizer)(crops)
    for crop, vector, length in zip(crops, readings.vectors, readings.lengths, strict=True):
        if vector.any() and _is_face(crop, float(length), models, min_score):
            yield _face(image, crop.track.snapshot, vector, float(length), models)


def _is_face(crop: Crop, length: float, models: Models, min_score: float) -> bool:
    """Whether a track would be a face at once by this look, or the look count for one."""
    track = crop.track
    likeness = models.decider.face_likeness(length, crop.face_px)
    track.acceptance.look(track.snapshot, likeness, min_likeness=MIN_LIKENESS, min_score=min_score)
    return track.is_face or track.acceptance.looks > 0


def _face(image: Image, found: Track, vector: Float32, length: float, models: Models) -> Face:
    def cut(spec: ChipSpec) -> Image:
        if found.landmarks is None:
            return cut_chip_from_box(image, found.box, spec)
        return cut_chip(image, found.landmarks, spec)

    recognizer = models.recognizer
    chips = {spec.size: cut(spec) for spec in enrolment_specs(recognizer.inner, found.face_px)}
    x0, y0, x1, y1 = (round(float(value), 1) for value in found.box)
    landmarks, chip = found.landmarks, cut(STORED_SPEC)
    box = (x0, y0, x1, y1)
    return Face(box, found.face_px, landmarks, found.score, chip, vector, length, recognizer.model_id, chips)


def _turn_back(face: Face, turns: int, size: tuple[int, int]) -> Face:
    """A face of a picture that was turned, in pixels of the picture before. size: its width and height."""
    if not turns:
        return face
    corners = _points_back(np.array(face.box, np.float32).reshape(2, 2), turns, size)
    (x0, y0), (x1, y1) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    landmarks = None if face.landmarks is None else _points_back(face.landmarks, turns, size)
    return replace(face, box=(x0, y0, x1, y1), landmarks=landmarks)


def _points_back(points: Float32, turns: int, size: tuple[int, int]) -> Float32:
    """Points (N,2) of a picture turned counter-clockwise, in the picture before."""
    (width, height), x, y = size, points[:, 0], points[:, 1]
    before = (width - y, x) if turns == 1 else (y, height - x)
    return np.stack(before, axis=1).astype(np.float32)


def _track(found: Detections, row: int) -> Track:
    landmarks = None if found.landmarks is None else found.landmarks[row]
    return Track("", row, found.boxes[row], float(found.scores[row]), landmarks, 0.0)
