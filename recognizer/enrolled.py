"""How the faces of a gallery are read: each together with its mirror image.

Reading both doubles the time, which does not matter at enrolment, and gives a vector that depends less on the light and
the turn of the head in one photograph.
"""

import numpy as np

from detectors.arrays import Chips
from recognizer.base import Readings, Recognizer
from recognizer.preprocess import l2_normalise


def read_enrolled(recognizer: Recognizer, chips: Chips) -> Readings:
    """Read chips of one spec, BGR uint8 (N,S,S,3): the vector is the mean direction of a chip and its mirror image.

    The lengths are those of the chips alone. A chip whose sides give no direction in common gives a zero row.
    """
    own, mirrored = recognizer.read(chips), recognizer.read(np.ascontiguousarray(chips[:, :, ::-1]))
    usable = own.vectors.any(axis=1, keepdims=True) & mirrored.vectors.any(axis=1, keepdims=True)
    return Readings(l2_normalise(np.where(usable, own.vectors + mirrored.vectors, 0)), own.lengths)
