"""The signing key: made once, for its owner alone, and nothing else is taken for it."""

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from pipeline.receipts.keys import raw_bytes, read_public_key, signing_key


def test_the_key_is_made_on_first_use_and_then_stays(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key.pem"
    key = signing_key(path)
    assert raw_bytes(signing_key(path).public_key()) == raw_bytes(key.public_key())
    assert raw_bytes(read_public_key(path.with_name("key.pem.pub"))) == raw_bytes(key.public_key())
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    signing_key(path)
    path.chmod(0o640)
    with pytest.raises(ValueError, match="its owner alone may read"):
        signing_key(path)


def pem(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey, password: bytes = b"") -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


@pytest.mark.parametrize(
    "content",
    [b"", b"no key", pem(ec.generate_private_key(ec.SECP256R1())), pem(Ed25519PrivateKey.generate(), b"secret")],
    ids=["empty", "text", "of another kind", "with a password"],
)
def test_what_is_no_such_key_is_refused_and_not_overwritten(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ValueError, match="expected an Ed25519 key"):
        signing_key(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "content",
    [
        b"no key",
        pem(Ed25519PrivateKey.generate()),
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    ],
    ids=["text", "a private key", "of another kind"],
)
def test_what_is_no_public_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.pub"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="expected a"):
        read_public_key(path)


def test_of_two_that_begin_at_once_both_use_the_first_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key.pem"
    first = signing_key(tmp_path / "first.pem")

    def another_was_faster(*_: object) -> int:
        path.write_bytes((tmp_path / "first.pem").read_bytes())
        os.chmod(path, 0o600)
        raise FileExistsError

    monkeypatch.setattr("pipeline.receipts.keys.open_private", another_was_faster)
    assert raw_bytes(signing_key(path).public_key()) == raw_bytes(first.public_key())
