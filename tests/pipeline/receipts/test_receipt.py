"""Receipts: what their signature covers."""

import json
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipeline.erase.audit import hash_name
from pipeline.receipts.receipt import Action, Statement, StoreLine, read_receipt, sign, verify

SALT = bytes(16)


def statement(**changes: Any) -> Statement:
    made = Statement(
        action=Action.ERASURE,
        time="2026-11-27T12:00:00Z",
        version="1.2.3",
        salt=SALT.hex(),
        person=hash_name("Zoë", SALT),
        stores=(StoreLine(file="people.db", kind="gallery", done="1 face erased", left=""),),
        searched=3,
        complete=True,
    )
    return msgspec.structs.replace(made, **changes)


@pytest.fixture(scope="module")
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def changed(data: bytes, *place: str | int, value: object) -> bytes:
    """The receipt with one value replaced or added."""
    receipt = json.loads(data)
    inner = receipt
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return json.dumps(receipt).encode()


def test_what_was_signed_is_read_back_however_it_is_spaced(key: Ed25519PrivateKey) -> None:
    data = sign(statement(), key).encode()
    assert verify(data, key.public_key()) == statement()
    assert verify(json.dumps(json.loads(data), sort_keys=True).encode(), key.public_key()) == statement()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("statement", "action"), "disclosure"),
        (("statement", "time"), "2020-01-01T00:00:00Z"),
        (("statement", "person"), "0" * 64),
        (("statement", "searched"), 4),
        (("statement", "complete"), False),
        (("statement", "sha256"), "0" * 64),
        (("statement", "stores", 0, "done"), "2 faces erased"),
        (("statement", "stores"), []),
        (("signature",), "AAAA"),
        (("signature",), "A" * 86 + "=="),
    ],
)
def test_a_changed_receipt_is_not_genuine(key: Ed25519PrivateKey, place: tuple[str | int, ...], value: object) -> None:
    data = changed(sign(statement(), key).encode(), *place, value=value)
    with pytest.raises(ValueError, match="the signature does not fit"):
        verify(data, key.public_key())


@pytest.mark.parametrize("place", [("remark",), ("statement", "remark"), ("statement", "stores", 0, "remark")])
def test_nothing_can_be_added_beside_what_is_signed(key: Ed25519PrivateKey, place: tuple[str | int, ...]) -> None:
    data = changed(sign(statement(), key).encode(), *place, value="also erased at the police")
    with pytest.raises(ValueError, match="expected a file of Glimpse"):
        verify(data, key.public_key())


def test_a_receipt_of_somebody_elses_key_is_refused(key: Ed25519PrivateKey) -> None:
    forged = sign(statement(), Ed25519PrivateKey.generate()).encode()
    with pytest.raises(ValueError, match="got one of another key"):
        verify(forged, key.public_key())


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b'{"a":' * 5000, b"null"])
def test_what_is_no_receipt_is_said(data: bytes) -> None:
    with pytest.raises(ValueError, match="receipt: expected a file of Glimpse"):
        read_receipt(data)


def test_a_later_format_is_refused_by_name(key: Ed25519PrivateKey) -> None:
    with pytest.raises(ValueError, match="expected format glimpse-receipt-1, got 'glimpse-receipt-2'"):
        read_receipt(changed(sign(statement(), key).encode(), "format", value="glimpse-receipt-2"))


def test_only_who_knows_the_name_can_tell_whom_it_is_about() -> None:
    assert statement().is_about("Zoë")
    assert not statement().is_about("Zoe")
    assert b"Zo" not in msgspec.json.encode(statement())
