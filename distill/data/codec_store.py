"""Views that went through a real H.264 encoder, made once and stored: an encoder in every step would cost more than it.

Each view belongs to a prepared face, whose target it is learnt with.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from detectors.arrays import Chips, Int64
from distill.config import DegradeSettings
from distill.data.codec import compress_h264
from distill.data.store import write_atomic

SHEET = 256  # views that are compressed as one picture
QUALITIES = (23, 38)  # H.264 constant rate factors


@dataclass(frozen=True, slots=True)
class CodecStore:
    """views: BGR uint8 (N,S,S,3). faces: int64 (N,), the row of the prepared face that each shows."""

    views: Chips
    faces: Int64


def compress_sheets(views: Chips, rng: np.random.Generator) -> Chips:
    """Compress views BGR uint8 (N,S,S,3) as frames of `SHEET` views, each with a random quality."""
    sheets = [views[start : start + SHEET] for start in range(0, len(views), SHEET)]
    return np.concatenate([compress_h264(sheet, quality=int(rng.integers(*QUALITIES))) for sheet in sheets])


def describe_store(size: int, settings: DegradeSettings, seed: int) -> str:
    """What a store is made with; one that is made with something else is of no use."""
    return msgspec.json.encode({"size": size, "seed": seed, "degrade": settings}).decode()


def save_store(path: Path, store: CodecStore, made_with: str) -> None:
    """Write a store atomically."""
    buffer = io.BytesIO()
    np.savez(buffer, views=store.views, faces=store.faces, made_with=np.array(made_with))
    write_atomic(path, buffer.getvalue())


def load_store(path: Path, made_with: str) -> CodecStore | None:
    """Read a store; None if there is none, or if it is made with something else."""
    if not path.exists():
        return None
    with np.load(path) as arrays:
        if str(arrays["made_with"]) != made_with:
            return None
        return CodecStore(arrays["views"], arrays["faces"])
