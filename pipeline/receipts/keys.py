"""The key that signs receipts: Ed25519 (RFC 8032), made on first use, in a file for its owner alone."""

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from pipeline.secrets.private_files import make_private_folder, open_private, replace_private


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The private key in a PEM file, which is made where it is missing, with the public key in `.pub` beside it.

    Raises ValueError for a file that is no such key or that others may read, and OSError.
    """
    path = path.expanduser()
    if not path.exists():
        _make_key(path)
    if path.stat().st_mode & 0o077:
        raise ValueError(f"key {path}: expected a file that its owner alone may read (chmod 600)")
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(f"key {path}: expected an Ed25519 key without a password in PEM ({error})") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"key {path}: expected an Ed25519 key, got another kind")
    return key


def read_public_key(path: Path) -> Ed25519PublicKey:
    """The public key of a PEM file. Raises ValueError, FileNotFoundError and OSError."""
    try:
        key = load_pem_public_key(path.expanduser().read_bytes())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(f"key {path}: expected a public key in PEM ({error})") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"key {path}: expected an Ed25519 key, got another kind")
    return key


def raw_bytes(key: Ed25519PublicKey) -> bytes:
    """The 32 bytes of a public key."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _make_key(path: Path) -> None:
    """Write a new pair; of two processes that begin at once, both use the key of the first."""
    make_private_folder(path.parent)
    key = Ed25519PrivateKey.generate()
    try:
        descriptor = open_private(path, os.O_WRONLY | os.O_EXCL)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(file.fileno())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    replace_private(path.with_name(f"{path.name}.pub"), public)
