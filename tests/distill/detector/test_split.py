"""Which pictures are held out."""

import hashlib

import pytest

from distill.detector.split import Part, part_of


def test_the_bytes_decide_and_a_third_is_held_out() -> None:
    parts = [part_of(f"picture {number}".encode()) for number in range(3000)]
    assert parts.count(Part.HELD_OUT) == pytest.approx(1000, abs=80)
    assert parts.count(Part.VALIDATION) == pytest.approx(167, abs=40)
    number = int.from_bytes(hashlib.sha256(b"picture 1").digest()[:8])
    assert (part_of(b"picture 1") is Part.HELD_OUT) == (number % 3 == 0)
