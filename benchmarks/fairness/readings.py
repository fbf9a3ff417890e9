"""What a recogniser reads of everybody: photographs as enrolled, and views by a camera."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fairness.kept import Arrays, keep
from detectors.arrays import Float32, Image
from recognizer.base import Recognizer
from recognizer.population import LANDMARK_JITTER, embed_enrolled, embed_shrunk

SIZES_PX = (12, 16, 24, 32)
VIEW_SEED = 900


@dataclass(frozen=True, slots=True)
class Read:
    """faces: photographs as enrolled, (P,D).  views: one crop of each by face height, (P,D)."""

    faces: Float32
    views: dict[int, Float32]


def read_everybody(recognizer: Recognizer, pictures: Sequence[Image], *, cache: Path | None) -> Read:
    """Read aligned pictures of one size. cache: folder in which readings are kept and found again."""

    def read() -> Arrays:
        shown = list(pictures)
        faces = {"faces": embed_enrolled(recognizer, shown)}
        return faces | {f"view_{px}": read_view(recognizer, shown, px) for px in SIZES_PX}

    found = keep(cache, f"{recognizer.weights}-{digest_of(pictures)}", read)
    return Read(found["faces"], {px: found[f"view_{px}"] for px in SIZES_PX})


def read_view(recognizer: Recognizer, pictures: Sequence[Image], px: int) -> Float32:
    """One crop of each picture at a face height, with a detector's landmark error, (N,D)."""
    return embed_shrunk(recognizer, list(pictures), px, jitter=LANDMARK_JITTER, seed=VIEW_SEED)


def digest_of(pictures: Sequence[Image]) -> str:
    """Names these pictures, for files that keep what was read of them."""
    told = hashlib.sha256()
    for picture in pictures:
        told.update(picture[::8, ::8].tobytes())
    return told.hexdigest()[:16]
