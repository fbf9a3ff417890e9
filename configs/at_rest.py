"""Encrypts what stores hold of faces, with a key from the environment: AES-256-GCM (NIST SP 800-38D).

A sealed value names the key by a digest, so that a wrong key is told from damage. Values that were stored before there
was a key are read as they are.
"""

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Mapping

VARIABLE = "GLIMPSE_KEY"
KEY_BYTES = 32
MAGIC = b"\x00GLsealA"
_ID_BYTES, _NONCE_BYTES = 4, 12
_HEAD_BYTES = len(MAGIC) + _ID_BYTES + _NONCE_BYTES


class Cipher:
    """Seals and opens with one key. purpose: what a value is for; one of another purpose does not open."""

    def __init__(self, key: bytes) -> None:
        """key: 32 bytes. Raises ModuleNotFoundError where the package cryptography is not installed."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # only here: a camera box may lack it

        self._cipher = AESGCM(key)
        self._id = hashlib.sha256(b"glimpse key id" + key).digest()[:_ID_BYTES]

    def seal(self, data: bytes, purpose: str) -> bytes:
        """The data, encrypted; nothing and zeros, which hold no face, stay as they are."""
        if not any(data):
            return data
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return MAGIC + self._id + nonce + self._cipher.encrypt(nonce, data, purpose.encode())

    def open(self, data: bytes, purpose: str) -> bytes:
        """The data of a sealed value. Raises ValueError for another key, another purpose or damage."""
        from cryptography.exceptions import InvalidTag

        key_id = data[len(MAGIC) : len(MAGIC) + _ID_BYTES]
        if key_id != self._id:
            raise ValueError(f"{purpose}: sealed with another key; expected that key in {VARIABLE}")
        nonce = data[_HEAD_BYTES - _NONCE_BYTES : _HEAD_BYTES]
        try:
            return self._cipher.decrypt(nonce, data[_HEAD_BYTES:], purpose.encode())
        except (InvalidTag, ValueError):  # ValueError: cut within the nonce
            raise ValueError(f"{purpose}: sealed and damaged, or moved from another place") from None


class AtRest:
    """What a store uses: seals where there is a key, and opens what is sealed."""

    def __init__(self, cipher: Cipher | None) -> None:
        self._cipher = cipher

    @property
    def is_on(self) -> bool:
        """Whether new values are sealed."""
        return self._cipher is not None

    def seal(self, data: bytes, purpose: str) -> bytes:
        """The data as it is to be stored."""
        return self._cipher.seal(data, purpose) if self._cipher else data

    def open(self, data: bytes, purpose: str) -> bytes:
        """Stored data as it was given. Raises ValueError for sealed data without its key."""
        if not is_sealed(data):
            return data
        if self._cipher is None:
            raise ValueError(f"{purpose}: sealed; expected the key in {VARIABLE}")
        return self._cipher.open(data, purpose)


def is_sealed(data: bytes) -> bool:
    """Whether stored data is encrypted."""
    return data.startswith(MAGIC)


def at_rest(environment: Mapping[str, str] = os.environ) -> AtRest:
    """With the key of the environment, if it has one. Raises ValueError for one that is no key."""
    text = environment.get(VARIABLE, "").strip()
    return AtRest(Cipher(_read_key(text)) if text else None)


def new_key() -> str:
    """A new key, as it stands in the environment."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _read_key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(f"{VARIABLE}: expected 32 bytes in base64, as glimpse new-key prints them")
    return key
