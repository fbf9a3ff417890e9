"""Which stored faces can be used. A damaged one is left out and named; the others are used.

One number that is not finite would make every score of its person NaN or beyond all limits, and name strangers. One
flipped bit in a name, or in the number that says whose a face is, would put another name in every event.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from configs.at_rest import KeyNeededError, is_sealed
from detectors.arrays import Float32, Mask
from recognizer.gallery.names import MAX_NAME_LENGTH, fault_of_name, name_key, normalise_name, printable

MAX_LENGTH_ERROR = 1e-3  # of a unit vector in float32
NOT_UNIT = "its vector is not finite or not of unit length"


@dataclass(frozen=True, slots=True)
class UsableFaces:
    """Names and vectors, unit rows float32 (N,D), of the faces to use, in which row each stood, and a sentence for each
    one left out."""

    names: list[str]
    vectors: Float32
    rows: list[int]
    faults: list[str]


def are_unit(vectors: Float32) -> Mask:
    """Which rows of (N,D) are finite and of unit length."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(np.abs(np.linalg.norm(vectors, axis=1) - 1) < MAX_LENGTH_ERROR, np.bool_)


def usable_faces(
    rows: Iterable[tuple[Any, ...]], *, dim: int, model_id: str, unseal: Callable[[bytes], bytes | None]
) -> UsableFaces:
    """Check rows that begin with `Dialect.columns`, whatever a damaged or hostile file gives for them.

    unseal: opens a stored vector; None for damage. Raises KeyNeededError where its key is that of no sealed vector.
    """
    check, sealed = _Check(dim, model_id), _Unsealing(unseal)
    names, numbers, origins, faults = [], [], [], []
    blobs: list[bytes] = []
    for number, (name, source, model, stored, is_indexed, *_) in enumerate(rows):
        origin, blob = (name, source), sealed.open(stored, 4 * dim)
        if fault := check.fault(name, model, blob, bool(is_indexed)):
            faults.append(f"{_show(*origin)}: {fault}")
            continue
        names.append(name)
        blobs.append(blob or b"")
        numbers.append(number)
        origins.append(origin)
    sealed.check()
    vectors = np.frombuffer(b"".join(blobs), "<f4").reshape(len(blobs), dim).astype(np.float32)
    good = are_unit(vectors)
    faults += [f"{_show(*origins[row])}: {NOT_UNIT}" for row in np.flatnonzero(~good)]
    kept = np.flatnonzero(good)
    return UsableFaces([names[row] for row in kept], vectors[good], [numbers[row] for row in kept], faults)


class _Unsealing:
    """Opens vectors. One that does not open is damaged, unless none does."""

    def __init__(self, unseal: Callable[[bytes], bytes | None]) -> None:
        self._unseal, self._opened = unseal, 0
        self._error: KeyNeededError | None = None

    def open(self, stored: bytes | None, size: int) -> bytes | None:
        """A vector of so many bytes; None for what is none."""
        if stored is None or (len(stored) == size and not is_sealed(stored)):
            return stored
        try:
            data = self._unseal(stored)
        except KeyNeededError as error:
            self._error = error
            return None
        self._opened += is_sealed(stored) and data is not None
        return data if data is not None and len(data) == size else None

    def check(self) -> None:
        """Raise KeyNeededError where some were sealed with another key, and none with this one."""
        if self._error and not self._opened:
            raise self._error


class _Check:
    """Finds what is wrong with a row before the numbers of its vector are looked at."""

    def __init__(self, dim: int, model_id: str) -> None:
        self._dim, self._model_id = dim, model_id
        self._name_faults: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def fault(self, name: object, model: object, blob: object, is_indexed: bool) -> str:
        """What is wrong; empty for nothing."""
        if blob is None:
            return f"expected a vector of {self._dim} numbers"
        if model != self._model_id:
            return f"expected a vector of model {printable(self._model_id)}"
        if not isinstance(name, str) or not name:
            return "it has no name"
        if not is_indexed:
            return "its name, or whose it is, is damaged"
        if name not in self._name_faults:
            self._name_faults[name] = self._fault_of_name(name)
        return self._name_faults[name]

    def _fault_of_name(self, name: str) -> str:
        """Why enrolment would refuse this name; a hostile file may hold it all the same."""
        if fault := fault_of_name(normalise_name(name)):
            return fault
        other = self._names.setdefault(name_key(name), name)
        return f"its name looks like that of {other!r}" if other != name else ""


def _show(*stored: object) -> str:
    """Name and source for a message."""
    texts = [printable(text[:MAX_NAME_LENGTH]) if isinstance(text, str) else "" for text in stored]
    return ", ".join(text or "(no name)" for text in texts)
