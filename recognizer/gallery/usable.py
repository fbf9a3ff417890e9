"""Which stored faces can be searched. A damaged one is left out and named; the others are searched.

One number that is not finite would make every score of its person NaN or beyond all limits, and name strangers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from detectors.arrays import Float32, Mask

MAX_LENGTH_ERROR = 1e-3  # of a unit vector in float32


@dataclass(frozen=True, slots=True)
class UsableFaces:
    """Names and vectors, unit rows float32 (N,D), of the faces to search, and a sentence for each one left out."""

    names: list[str]
    vectors: Float32
    faults: list[str]


def are_unit(vectors: Float32) -> Mask:
    """Which rows of (N,D) are finite and of unit length."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(np.abs(np.linalg.norm(vectors, axis=1) - 1) < MAX_LENGTH_ERROR, np.bool_)


def usable_faces(rows: Iterable[tuple[Any, ...]], *, dim: int, model_id: str) -> UsableFaces:
    """Check rows of (name, source, model ID, vector) as they are stored, names and sources as bytes."""
    names, blobs, origins, faults = [], [], [], []
    for name, source, model, blob in rows:
        origin = f"{_readable(name)}, {_readable(source)}"
        if fault := _fault(name, blob, model, dim, model_id):
            faults.append(f"{origin}: {fault}")
            continue
        names.append(name.decode())
        blobs.append(blob)
        origins.append(origin)
    vectors = np.frombuffer(b"".join(blobs), "<f4").reshape(len(blobs), dim).astype(np.float32)
    good = are_unit(vectors)
    faults += [f"{origins[row]}: its vector is not finite or not of unit length" for row in np.flatnonzero(~good)]
    return UsableFaces([names[row] for row in np.flatnonzero(good)], vectors[good], faults)


def _fault(name: object, blob: object, model: object, dim: int, model_id: str) -> str:
    """What is wrong with a row before its numbers are looked at; empty for nothing."""
    if not isinstance(blob, bytes) or len(blob) != dim * 4:
        return f"expected a vector of {dim} numbers"
    if model != model_id:
        return f"expected a vector of model {model_id}"
    try:
        return "" if isinstance(name, bytes) and name.decode() else "it has no name"
    except UnicodeDecodeError:
        return "its name is not UTF-8"


def _readable(text: object) -> str:
    """Stored text for a message, damaged bytes and control characters replaced."""
    shown = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    return "".join(character if character.isprintable() else "\ufffd" for character in shown) or "(no name)"
