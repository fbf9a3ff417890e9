"""What people compare of a public key."""

import hashlib

SHOWN_DIGITS = 16


def fingerprint(public_key: bytes) -> str:
    """The begin of the SHA-256 of a raw key, hexadecimal, in groups of four."""
    digits = hashlib.sha256(public_key).hexdigest()[:SHOWN_DIGITS]
    return " ".join(digits[at : at + 4] for at in range(0, SHOWN_DIGITS, 4))
