"""Which faces no student learns from, so that the fit to faces never seen can be measured at any time."""

import numpy as np

from detectors.arrays import Index

HELD_OUT_FACES = 1024
MAX_SHARE = 1 / 16  # of few faces
MULTIPLIER = 2654435761  # of Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4)


def held_out_rows(usable: Index) -> Index:
    """The rows that are kept out of learning, of the rows of all usable prepared faces: int64, in order.

    The same faces are kept out on every machine and by every stage: labelling mixes no face of them.
    """
    count = min(HELD_OUT_FACES, int(len(usable) * MAX_SHARE))
    rank = (usable.astype(np.uint64) * MULTIPLIER) % 2**32
    return np.sort(usable[np.argsort(rank, kind="stable")[:count]])
