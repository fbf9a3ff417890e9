"""Faces of photographs as trials."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from glimpse.errors import PictureError
from glimpse.evaluation.trial import LeftOut, Trial
from glimpse.faces import Face, find
from glimpse.people import Gallery
from recognizer.gallery.only_face import MIN_SECOND_FACE_SHARE


def judge_portrait(path: Path, person: str, origin: str, gallery: Gallery) -> Trial | LeftOut:
    """The largest face of a photograph of one person; it is left out where a second one is nearly as large."""
    faces = _find(path, gallery)
    if isinstance(faces, LeftOut):
        return faces
    if not faces:
        return Trial(person, str(path), origin)
    large = sum(face.px >= MIN_SECOND_FACE_SHARE * faces[0].px for face in faces)
    if large > 1:
        return LeftOut(str(path), f"{large} faces of like size: which is {person}? crop the picture to one")
    return _judge(faces[0], path, person, origin, gallery)


def judge_strangers(path: Path, origin: str, gallery: Gallery) -> Iterator[Trial | LeftOut]:
    """Every face of a photograph that shows strangers only."""
    faces = _find(path, gallery)
    if isinstance(faces, LeftOut):
        yield faces
        return
    if not faces:
        yield LeftOut(str(path), "no face found")
    for face in faces:
        yield _judge(face, path, None, origin, gallery)


def _find(path: Path, gallery: Gallery) -> Sequence[Face] | LeftOut:
    try:
        return find(path, models=gallery.models)
    except PictureError as error:
        return LeftOut(str(path), str(error))


def _judge(face: Face, path: Path, person: str | None, origin: str, gallery: Gallery) -> Trial:
    decider = gallery.models.decider
    identity = gallery.identify(face)
    clear = (
        identity.margin >= decider.rule.margin
        and identity.score >= decider.rule.min_score
        and face.px >= decider.calibration.smallest_px
    )
    return Trial(
        person,
        str(path),
        origin,
        face.px,
        (identity.name,) if identity.name is not None else (),
        identity.candidates[0].name if identity.candidates else None,
        1.0 - identity.confidence,
        clear,
    )
