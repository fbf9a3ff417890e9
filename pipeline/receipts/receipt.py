"""A receipt: what was done for one person, when and to how much, signed.

The person is there as a salted hash only (`pipeline.erase.audit.hash_name`), so a receipt can be kept after an erasure.
"""

from enum import StrEnum

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pipeline.erase.audit import hash_name
from pipeline.receipts.keys import raw_bytes

FORMAT = "glimpse-receipt-1"


class Action(StrEnum):
    """What a receipt is for."""

    ERASURE = "erasure"
    DISCLOSURE = "disclosure"


class StoreLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file. kind: of store, empty for one that is none.  done, left: sentences, empty for nothing."""

    file: str
    kind: str
    done: str
    left: str


class Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is signed. time: ISO 8601 in UTC.  salt, person: hex of the hash of the name.

    searched: files that were looked through.  complete: nothing was left.  sha256: of the file that was handed over.
    """

    action: Action
    time: str
    version: str
    salt: str
    person: str
    stores: tuple[StoreLine, ...]
    searched: int
    complete: bool
    sha256: str = ""

    def is_about(self, name: str) -> bool:
        """Whether this name was hashed."""
        return hash_name(name, bytes.fromhex(self.salt)) == self.person


class Receipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A statement with its signature. public_key: raw, base64.

    The signature covers the statement as JSON with sorted keys and no spaces.
    """

    statement: Statement
    public_key: bytes
    signature: bytes
    format: str = FORMAT

    def encode(self) -> bytes:
        """The file, indented for people."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"


def sign(statement: Statement, key: Ed25519PrivateKey) -> Receipt:
    """Sign a statement."""
    public = raw_bytes(key.public_key())
    return Receipt(statement=statement, public_key=public, signature=key.sign(_signed_bytes(statement)))


def verify(data: bytes, trusted: Ed25519PublicKey) -> Statement:
    """The statement of a receipt. Raises ValueError for one that was changed, or that another key signed."""
    receipt = read_receipt(data)
    if receipt.public_key != raw_bytes(trusted):
        raise ValueError("receipt: expected the signature of the given key, got one of another key")
    try:
        trusted.verify(receipt.signature, _signed_bytes(receipt.statement))
    except InvalidSignature:
        raise ValueError("receipt: the signature does not fit; the file was changed") from None
    return receipt.statement


def read_receipt(data: bytes) -> Receipt:
    """A receipt as it stands, nothing checked. Raises ValueError for a file that is none."""
    try:
        receipt = _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"receipt: expected a file of Glimpse with a signed statement ({error})") from error
    if receipt.format != FORMAT:
        raise ValueError(f"receipt: expected format {FORMAT}, got {receipt.format[:40]!r}")
    return receipt


def _signed_bytes(statement: Statement) -> bytes:
    return msgspec.json.encode(statement, order="sorted")


_decoder: msgspec.json.Decoder[Receipt] = msgspec.json.Decoder(Receipt, strict=True)
