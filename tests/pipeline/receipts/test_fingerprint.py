"""What people compare of a key is stable, readable aloud, and other for another key."""

import hashlib

from pipeline.receipts.fingerprint import fingerprint


def test_it_is_the_begin_of_the_hash_in_groups_of_four() -> None:
    assert fingerprint(b"") == "e3b0 c442 98fc 1c14"  # SHA-256 of nothing, FIPS 180-4
    digits = hashlib.sha256(bytes(range(32))).hexdigest()
    assert fingerprint(bytes(range(32))).replace(" ", "") == digits[:16]


def test_another_key_has_another() -> None:
    assert fingerprint(b"\0" * 32) != fingerprint(b"\0" * 31 + b"\1")
