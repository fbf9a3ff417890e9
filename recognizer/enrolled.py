"""How the faces of a gallery are read: by several members of a family, and with the mirror image.

Enrolment takes its time once, so it may read a face more often than a camera may. The member that suits the face reads
it and its mirror image, so that the vector depends less on the light and the turn of the head in one photograph. Each
smaller member of the family reads it too: what a student gets wrong about a person, it gets wrong in a small crop as
well, so that its own reading is nearer to that crop (docs/training/results.md, "Strict rates").
"""

from collections.abc import Callable

import numpy as np

from detectors.arrays import Chips, Float32
from recognizer.base import Readings, Recognizer
from recognizer.family import RecognizerFamily
from recognizer.preprocess import l2_normalise
from recognizer.spec import ChipSpec

Cut = Callable[[ChipSpec], Chips]
"""Gives the chips of the same N faces for a spec, BGR uint8 (N,S,S,3)."""


def enrolment_specs(recognizer: Recognizer, face_px: float) -> list[ChipSpec]:
    """The chips that are read of an enrolled face of this height: first that of `spec_for`, then smaller ones."""
    main = recognizer.spec_for(face_px)
    specs = recognizer.specs if isinstance(recognizer, RecognizerFamily) else []
    return [main, *(spec for spec in specs if spec.size < main.size)]


def read_enrolled(recognizer: Recognizer, face_px: float, cut: Cut) -> Readings:
    """Read faces of one height for a gallery.

    A vector is the direction of the sum of three: of the chip, of its mirror image, and of the mean of what the
    smaller members read. The lengths are those of the chips. A face of which a chip or its mirror image gives no
    vector gets a zero row.
    """
    main, *smaller = enrolment_specs(recognizer, face_px)
    chips = cut(main)
    own, mirrored = recognizer.read(chips), recognizer.read(np.ascontiguousarray(chips[:, :, ::-1]))
    usable = own.vectors.any(axis=1, keepdims=True) & mirrored.vectors.any(axis=1, keepdims=True)
    total: Float32 = own.vectors + mirrored.vectors
    if smaller:
        total = total + np.mean([recognizer.embed(cut(spec)) for spec in smaller], axis=0)
    return Readings(l2_normalise(np.where(usable, total, 0)), own.lengths)
