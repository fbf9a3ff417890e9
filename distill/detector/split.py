"""Which pictures may be learnt from: decided by a picture's own bytes, so that no list has to be kept or can leak.

A third of every set is held out and only evaluated on. Of the rest a twelfth is the validation slice, by which
checkpoints are judged; the held-out third is never looked at for that.
"""

import hashlib
from enum import StrEnum


class Part(StrEnum):
    """What a picture may be used for."""

    LEARN = "learn"
    CHECK = "check"
    HELD_OUT = "held-out"


def part_of(data: bytes) -> Part:
    """The part of a picture, by its encoded bytes."""
    number = int.from_bytes(hashlib.sha256(data).digest()[:8])
    if number % 3 == 0:
        return Part.HELD_OUT
    return Part.CHECK if number // 3 % 12 == 0 else Part.LEARN
