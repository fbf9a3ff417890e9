"""Receipts of the nodes that keep a copy of a shared gallery: each node signs with a key of its own, and whoever erases
verifies. Without the package for signatures nothing is signed, and nothing can be verified.
"""

import logging
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from configs.extras import install_extra
from pipeline.receipts.fingerprint import fingerprint

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

log = logging.getLogger(__name__)

KEYS = "~/.config/glimpse/nodes"
NEEDS = install_extra("room")


class Standing(StrEnum):
    """What a signature is worth. MISSING: there is none.  UNKNOWN: it cannot be verified here."""

    GENUINE = "genuine"
    FORGED = "forged"
    MISSING = "missing"
    UNKNOWN = "unknown"


class NodeSigner:
    """Signs for one node."""

    def __init__(self, key: "Ed25519PrivateKey") -> None:
        from pipeline.receipts.keys import raw_bytes

        self._key, self.public_key = key, raw_bytes(key.public_key())

    def sign(self, data: bytes) -> bytes:
        """The signature of these bytes."""
        return self._key.sign(data)


def signer_of(node: str, key: str) -> NodeSigner | None:
    """What signs for a node; None where it cannot, which is logged. key: its PEM file, made where it is missing; empty:
    one of this node's name in the user's folder."""
    try:
        from pipeline.receipts.keys import signing_key

        signer = NodeSigner(signing_key(Path(key or f"{KEYS}/{node}.pem")))
    except ModuleNotFoundError as error:
        log.warning("gallery: receipts of this node are not signed without the package %s: %s", error.name, NEEDS)
        return None
    except (OSError, ValueError, RuntimeError) as error:
        log.warning("gallery: receipts of this node are not signed: %s", error)
        return None
    log.info("gallery: receipts of this node are signed by the key %s", fingerprint(signer.public_key))
    return signer


def standing_of(text: bytes, public_key: bytes, signature: bytes) -> Standing:
    """Whether the key has signed this text."""
    if not signature:
        return Standing.MISSING
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ModuleNotFoundError:
        return Standing.UNKNOWN
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return Standing.FORGED
    return Standing.GENUINE


def describe_signature(text: bytes, public_key: bytes, signature: bytes) -> str:
    """The same as words that follow what the receipt says."""
    match standing_of(text, public_key, signature):
        case Standing.MISSING:
            return "not signed"
        case Standing.UNKNOWN:
            return f"signed by the key {fingerprint(public_key)}, not verified: {NEEDS}"
        case Standing.FORGED:
            return "THE SIGNATURE IS NOT GENUINE: somebody changed this receipt"
        case Standing.GENUINE:
            return f"signed by the key {fingerprint(public_key)}"
