"""A gallery as a file to carry elsewhere: JSON lines, readable in an editor, never pickle.

The surprising decision: the last line is a checksum. A file cut short by a full disk is valid JSON lines all the way to
the cut, and an import that silently lacks its last hundred people is found out too late.
"""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from recognizer.gallery.store import Face, Gallery

FORMAT = "glimpse-gallery"
VERSION = 1


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """First line."""

    format: str
    version: int
    model_id: str
    faces: int


class ExportedFace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One face; `vector` is base64 of little-endian float32."""

    person: str
    vector: str
    source: str
    sha256: str
    detector: str
    face_px: float
    quality: float
    added_at: float


class Trailer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Last line: SHA-256 of all bytes before it, hex."""

    checksum: str


def export_gallery(gallery: Gallery, path: Path) -> int:
    """Write everybody to a file, replacing it once all is written, and say how many faces that were."""
    faces = list(gallery.faces())
    header = Header(format=FORMAT, version=VERSION, model_id=gallery.model_id, faces=len(faces))
    body = msgspec.json.encode(header) + b"\n"
    body += b"".join(msgspec.json.encode(_line(person, face)) + b"\n" for person, face in faces)
    trailer = msgspec.json.encode(Trailer(checksum=hashlib.sha256(body).hexdigest()))
    partial = path.with_name(path.name + ".partial")
    partial.touch(mode=0o600)
    try:
        partial.write_bytes(body + trailer + b"\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)  # what could not be put in its place is no copy to leave lying about
    return len(faces)


def import_gallery(gallery: Gallery, path: Path) -> tuple[int, int]:
    """Enrol everybody in a file, all or none; (faces taken, faces already enrolled).

    Raises ValueError for a file that is damaged, no export, too new or another model's.
    """
    header, faces = read_export(path)
    new = [(person, face) for person, face in faces if gallery.owner_of(face.sha256) is None]
    if new:
        gallery.add_all(new, model_id=header.model_id)
    elif faces:
        gallery.index(header.model_id)
    return len(new), len(faces) - len(new)


def read_export(path: Path) -> tuple[Header, list[tuple[str, Face]]]:
    """Read and check a whole file; raises ValueError saying what is wrong with it."""
    data = path.read_bytes()
    body, _, last = data.rstrip(b"\n").rpartition(b"\n")
    lines = body.split(b"\n")
    try:
        header = msgspec.json.decode(lines[0], type=Header)
        if header.format != FORMAT or header.version != VERSION:
            raise ValueError(f"expected {FORMAT} version {VERSION}, got {header.format} version {header.version}")
        trailer = msgspec.json.decode(last, type=Trailer)
        if trailer.checksum != hashlib.sha256(body + b"\n").hexdigest() or header.faces != len(lines) - 1:
            raise ValueError("checksum or count does not fit; the file is damaged")
        return header, list(_faces(lines[1:]))
    except (ValueError, msgspec.MsgspecError) as error:
        raise ValueError(f"import {path.name}: {error}") from error


def _faces(lines: list[bytes]) -> Iterator[tuple[str, Face]]:
    for text in lines:
        line = msgspec.json.decode(text, type=ExportedFace)
        vector = np.frombuffer(base64.b64decode(line.vector, validate=True), "<f4").astype(np.float32)
        rest = msgspec.structs.asdict(line)
        del rest["person"], rest["vector"]
        yield line.person, Face(vector, **rest)


def _line(person: str, face: Face) -> ExportedFace:
    return ExportedFace(
        person=person,
        vector=base64.b64encode(face.vector.astype("<f4").tobytes()).decode(),
        source=face.source,
        sha256=face.sha256,
        detector=face.detector,
        face_px=face.face_px,
        quality=face.quality,
        added_at=face.added_at,
    )
