"""One enrolled face, and one enrolled person."""

from dataclasses import dataclass

from detectors.arrays import Float32


@dataclass(frozen=True, slots=True)
class Face:
    """One enrolled face and its origin.

    vector: float32 (D,), unit length.  source: path relative to the enrolled folder, or a label.  sha256: of the
    picture file, hex.  detector: its name.  face_px: face height in the picture, pixels.  quality: 0..1.
    added_at: Unix seconds; 0 means the time of enrolment.  length: of the feature before it was scaled to 1; None where
    unknown.  chip: picture of the face, from `recognizer.gallery.chips.encode_chip`; None where none is kept.
    """

    vector: Float32
    source: str
    sha256: str
    detector: str = ""
    face_px: float = 0.0
    quality: float = 0.0
    added_at: float = 0.0
    length: float | None = None
    chip: bytes | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One enrolled person: name, number of faces, how many of them have a chip, and time of the first enrolment in Unix
    seconds."""

    name: str
    faces: int
    chips: int
    added_at: float
