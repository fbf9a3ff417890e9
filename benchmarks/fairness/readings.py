"""What a recogniser reads of everybody: photographs as enrolled, and views by a camera. Kept in a file on request."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

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
    path = cache / f"{recognizer.weights}-{digest_of(pictures)}.npz" if cache else None
    if path and path.is_file():
        with np.load(path) as content:
            return Read(content["faces"], {px: content[f"view_{px}"] for px in SIZES_PX})
    shown = list(pictures)
    views = {px: embed_shrunk(recognizer, shown, px, jitter=LANDMARK_JITTER, seed=VIEW_SEED) for px in SIZES_PX}
    read = Read(embed_enrolled(recognizer, shown), views)
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, faces=read.faces, **{f"view_{px}": view for px, view in views.items()})  # type: ignore[arg-type]
    return read


def digest_of(pictures: Sequence[Image]) -> str:
    """Names these pictures, for files that keep what was read of them."""
    told = hashlib.sha256()
    for picture in pictures:
        told.update(picture[::8, ::8].tobytes())
    return told.hexdigest()[:16]
