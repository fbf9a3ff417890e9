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
from pathlib import Path

from configs.extras import install_extra

VARIABLE = "GLIMPSE_KEY"
KEY_BYTES = 32
MAGIC = b"\x00GLsealA"
_ID_BYTES, _NONCE_BYTES = 4, 12
_HEAD_BYTES = len(MAGIC) + _ID_BYTES + _NONCE_BYTES
_TAG_BYTES = 16
ADDED_BYTES = _HEAD_BYTES + _TAG_BYTES
"""By which a sealed value is longer."""


class KeyNeededError(ValueError):
    """A sealed value, and no key or another one in the environment."""


class Cipher:
    """Seals and opens with one key. purpose: what a value is for; one of another purpose does not open."""

    def __init__(self, key: bytes) -> None:
        """key: 32 bytes. Raises ModuleNotFoundError where the package cryptography is not installed."""
        from cryptography.exceptions import InvalidTag  # only here: a camera box may lack the package
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._cipher, self._damage = AESGCM(key), (InvalidTag, ValueError)  # ValueError: cut within the nonce
        self._id = hashlib.sha256(b"glimpse key id" + key).digest()[:_ID_BYTES]

    def has_sealed(self, data: bytes) -> bool:
        """Whether stored data was sealed with this key, by the name of the key in it."""
        return data.startswith(MAGIC + self._id)

    def seal(self, data: bytes, purpose: str) -> bytes:
        """The data, encrypted; nothing and zeros, which hold no face, stay as they are."""
        if not any(data):
            return data
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return MAGIC + self._id + nonce + self._cipher.encrypt(nonce, data, purpose.encode())

    def open(self, data: bytes, purpose: str) -> bytes:
        """The data of a sealed value. Raises KeyNeededError for another key, ValueError for damage."""
        if not self.has_sealed(data):
            raise KeyNeededError(f"{purpose}: sealed with another key; expected that key in {VARIABLE}")
        nonce = data[_HEAD_BYTES - _NONCE_BYTES : _HEAD_BYTES]
        try:
            return self._cipher.decrypt(nonce, data[_HEAD_BYTES:], purpose.encode())
        except self._damage:
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
        """Stored data as it was given. Raises KeyNeededError for sealed data without its key."""
        if not is_sealed(data):
            return data
        if self._cipher is None:
            raise KeyNeededError(f"{purpose}: sealed; expected the key in {VARIABLE}")
        return self._cipher.open(data, purpose)

    def open_sound(self, data: bytes, purpose: str) -> bytes | None:
        """The same; None for a damaged value. Raises KeyNeededError for sealed data without its key."""
        try:
            return self.open(data, purpose)
        except KeyNeededError:
            raise
        except ValueError:
            return None

    def has_sealed(self, data: bytes) -> bool:
        """Whether stored data is sealed with the key of now."""
        return self._cipher is not None and self._cipher.has_sealed(data)


class StoreCipher:
    """What one file uses: seals for its kind of store, and names the file in errors."""

    def __init__(self, kind: str, name: str | Path, rest: AtRest | None = None) -> None:
        """kind: of the store, as `glimpse people erase` calls it; the purpose of what is sealed.

        rest: None: with the key of the environment. Raises like `at_rest`.
        """
        self.kind, self._name = kind, name
        self.rest = rest or at_rest()

    def seal(self, data: bytes) -> bytes:
        """The data as it is to be stored."""
        return self.rest.seal(data, self.kind)

    def open(self, data: bytes) -> bytes:
        """Stored data as it was given. Raises KeyNeededError without its key, ValueError for damage."""
        if not is_sealed(data):
            return data
        try:
            return self.rest.open(data, self.kind)
        except ValueError as error:
            raise type(error)(f"{self.kind} {self._name}: {str(error).removeprefix(f'{self.kind}: ')}") from None

    def open_sound(self, data: bytes) -> bytes | None:
        """The same; None for a damaged value."""
        try:
            return self.open(data)
        except KeyNeededError:
            raise
        except ValueError:
            return None


def is_sealed(data: bytes) -> bool:
    """Whether stored data is encrypted."""
    return data.startswith(MAGIC)


def at_rest(environment: Mapping[str, str] = os.environ, variable: str = VARIABLE) -> AtRest:
    """With the key of the environment, if it has one.

    Raises ValueError for one that is no key, and where the package cryptography is not installed.
    """
    text = environment.get(variable, "").strip()
    if not text:
        return AtRest(None)
    try:
        return AtRest(Cipher(_read_key(text, variable)))
    except ModuleNotFoundError:
        raise ValueError(f"{variable}: expected the package cryptography: {install_extra('room')}") from None


def new_key() -> str:
    """A new key, as it stands in the environment."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _read_key(text: str, variable: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(f"{variable}: expected 32 bytes in base64, as glimpse new-key prints them")
    return key
