"""Splits pictures into training, validation and test by a hash of their bytes, so that no list can go stale or leak.

A third of every set is held out and used for the test alone. A twelfth of the rest is the validation slice.
"""

import hashlib
from enum import StrEnum


class Part(StrEnum):
    """What a picture may be used for."""

    TRAIN = "learn"
    VALIDATION = "check"
    HELD_OUT = "held-out"


def part_of(data: bytes) -> Part:
    """The part of a picture, by its encoded bytes."""
    number = int.from_bytes(hashlib.sha256(data).digest()[:8])
    if number % 3 == 0:
        return Part.HELD_OUT
    return Part.VALIDATION if number // 3 % 12 == 0 else Part.TRAIN
