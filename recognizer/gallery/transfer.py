"""Export a gallery to JSON lines and import it on another machine.

The last line is a checksum: without it, a file cut off at the end of a line would import without an error, and without
its last people.
"""

import base64
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from detectors.arrays import Float32
from recognizer.gallery.index import OtherModelError
from recognizer.gallery.known_faces import KnownFaces
from recognizer.gallery.names import normalise_name, printable
from recognizer.gallery.negatives import Negative
from recognizer.gallery.store import Face, Gallery
from recognizer.gallery.usable import are_unit

FORMAT = "glimpse-gallery"
VERSION = 3
WITHOUT_NEGATIVES = 2  # still written where there are none, so that earlier versions can read it
READABLE_VERSIONS = (1, WITHOUT_NEGATIVES, VERSION)  # version 1 has no lengths and chips


class Mark(msgspec.Struct, frozen=True):
    """What every version of the file begins with."""

    format: str
    version: int


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """First line of the file; so many lines of faces and then of negatives follow before the trailer."""

    format: str
    version: int
    model_id: str
    faces: int
    negatives: int = 0


class ExportedFace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One face per line; `vector` is the base64 of little-endian float32, `chip` that of a WebP."""

    person: str
    vector: str
    source: str
    sha256: str
    detector: str
    face_px: float
    quality: float
    added_at: float
    length: float | None = None
    chip: str | None = None


class ExportedNegative(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One track that is not a person per line; `vector` as in ExportedFace."""

    person: str
    vector: str
    source: str
    added_at: float


class Trailer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Last line: SHA-256 of all bytes before it, as hex."""

    checksum: str


def export_gallery(gallery: Gallery, path: Path) -> int:
    """Write all faces and negatives to a file and return the number of faces.

    An existing file is replaced only by a complete one. A link is followed, and a device or pipe is written to. Raises
    OSError with the name of the file.
    """
    faces = list(gallery.faces())
    data = encode_export(gallery.model_id, faces, gallery.negatives())
    try:
        if path.exists() and not path.is_file():  # renaming would put a file in the place of /dev/null
            path.write_bytes(data)
        else:
            _replace(Path(os.path.realpath(path)), data)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    return len(faces)


def _replace(path: Path, data: bytes) -> None:
    partial = path.with_name(path.name + ".partial")
    try:
        partial.touch(mode=0o600)
        partial.write_bytes(data)
        partial.replace(path)
    finally:
        with suppress(NotADirectoryError):
            partial.unlink(missing_ok=True)  # a failed export must not leave a copy of biometric data


def encode_export(
    model_id: str, faces: Sequence[tuple[str, Face]], negatives: Sequence[tuple[str, Negative]] = ()
) -> bytes:
    """The content of an exported file with these faces and negatives and the names of their people."""
    version = VERSION if negatives else WITHOUT_NEGATIVES
    header = Header(format=FORMAT, version=version, model_id=model_id, faces=len(faces), negatives=len(negatives))
    body = msgspec.json.encode(header) + b"\n"
    body += b"".join(msgspec.json.encode(_to_exported(person, face)) + b"\n" for person, face in faces)
    body += b"".join(msgspec.json.encode(_to_exported_negative(*one)) + b"\n" for one in negatives)
    trailer = msgspec.json.encode(Trailer(checksum=hashlib.sha256(body).hexdigest()))
    return body + trailer + b"\n"


@dataclass(frozen=True, slots=True)
class Imported:
    """How many faces were added, how many were enrolled already, and a sentence for each one refused."""

    added: int
    known: int
    refused: list[str]


def import_gallery(gallery: Gallery, path: Path) -> Imported:
    """Import the faces and negatives of a file in one transaction. As in an enrolment, one photograph has one name.

    Raises ValueError for a file that is damaged, not an export, of another version, or of another model.
    """
    header, faces, negatives = read_export(path)
    if faces and gallery.model_id not in ("", header.model_id):
        raise OtherModelError(
            f"import {path.name}: expected vectors of model {gallery.model_id}, as in gallery {gallery.path},"
            f" got vectors of model {header.model_id}"
        )
    index = gallery.index(header.model_id)
    _check_vectors([*faces, *negatives], index.vectors.shape[1] if len(index) else None, path)
    known = KnownFaces(index, None)
    new: list[tuple[str, Face]] = []
    refused: list[str] = []
    for person, face in faces:
        owner = gallery.owner_of(face.sha256)
        if owner == normalise_name(person):
            continue
        same = f"already enrolled as {owner}" if owner else known.refuse_same(face.vector, person)
        if same:
            refused.append(f"{printable(person)}, {printable(face.source)}: {same}")
            continue
        new.append((person, face))
        known.append(person, face.vector)
    if new or negatives:
        gallery.add_all(new, model_id=header.model_id, negatives=negatives)
    return Imported(len(new), len(faces) - len(new) - len(refused), refused)


def _check_vectors(faces: Sequence[tuple[str, Face | Negative]], dim: int | None, path: Path) -> None:
    """Raise ValueError for a vector of another length than `dim`, or than the first, and for one that is not unit."""
    for person, face in faces:
        dim = len(face.vector) if dim is None else dim
        if len(face.vector) != dim or not are_unit(face.vector[None])[0]:
            raise ValueError(
                f"import {path.name}: {printable(person)}, {printable(face.source)}: expected a finite unit vector of"
                f" {dim} numbers, got {len(face.vector)}"
            )


class Export(NamedTuple):
    """What a file holds: faces and negatives with the names of their people."""

    header: Header
    faces: list[tuple[str, Face]]
    negatives: list[tuple[str, Negative]]


def read_export(path: Path) -> Export:
    """Read and check an exported file; raises ValueError with the fault."""
    data = path.read_bytes()
    body, _, last = data.rstrip(b"\n").rpartition(b"\n")
    lines = body.split(b"\n")
    try:
        mark = msgspec.json.decode(lines[0], type=Mark)  # first: a newer file may have other keys
        if mark.format != FORMAT or mark.version not in READABLE_VERSIONS:
            raise ValueError(_refusal(mark))
        header = msgspec.json.decode(lines[0], type=Header)
        trailer = msgspec.json.decode(last, type=Trailer)
        counted = header.faces + header.negatives == len(lines) - 1
        if trailer.checksum != hashlib.sha256(body + b"\n").hexdigest() or not counted:
            raise ValueError("checksum or number of faces is wrong; the file is damaged")
        first = 1 + header.faces
        return Export(header, list(_decode_faces(lines[1:first])), list(_decode_negatives(lines[first:])))
    except (ValueError, msgspec.MsgspecError) as error:
        raise ValueError(f"import {path.name}: {error}") from error


def _refusal(mark: Mark) -> str:
    if mark.format == FORMAT and mark.version > VERSION:
        return (
            f"expected {FORMAT} version {VERSION} or less, got {mark.version}; update Glimpse: a newer one wrote this"
        )
    return f"expected {FORMAT} version {VERSION}, got {mark.format} version {mark.version}"


def _decode_faces(lines: list[bytes]) -> Iterator[tuple[str, Face]]:
    for line in lines:
        exported = msgspec.json.decode(line, type=ExportedFace)
        vector = _decode_vector(exported.vector)
        chip = None if exported.chip is None else base64.b64decode(exported.chip, validate=True)
        fields = msgspec.structs.asdict(exported) | {"vector": vector, "chip": chip}
        yield fields.pop("person"), Face(**fields)


def _decode_negatives(lines: list[bytes]) -> Iterator[tuple[str, Negative]]:
    for line in lines:
        exported = msgspec.json.decode(line, type=ExportedNegative)
        yield exported.person, Negative(_decode_vector(exported.vector), exported.source, exported.added_at)


def _decode_vector(text: str) -> Float32:
    return np.frombuffer(base64.b64decode(text, validate=True), "<f4").astype(np.float32)


def _encode_vector(vector: Float32) -> str:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()


def _to_exported_negative(person: str, one: Negative) -> ExportedNegative:
    vector = _encode_vector(one.vector)
    return ExportedNegative(person=person, vector=vector, source=one.source, added_at=one.added_at)


def _to_exported(person: str, face: Face) -> ExportedFace:
    return ExportedFace(
        person=person,
        vector=_encode_vector(face.vector),
        source=face.source,
        sha256=face.sha256,
        detector=face.detector,
        face_px=face.face_px,
        quality=face.quality,
        added_at=face.added_at,
        length=face.length,
        chip=None if face.chip is None else base64.b64encode(face.chip).decode(),
    )
