"""Signs requests as Standard Webhooks 1.0 says (symmetric scheme, `v1`): HMAC-SHA256 of `id.timestamp.body`.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from configs.read import ConfigurationError

PREFIX = "whsec_"
MIN_KEY_BYTES, MAX_KEY_BYTES = 24, 64


def read_keys(secret: str) -> list[bytes]:
    """The keys of a setting: one, or an old and a new one with a space between while they are exchanged.

    Raises ConfigurationError, which does not repeat the secret.
    """
    return [_read_key(word) for word in secret.split()]


def sign(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`. message_id: without a full stop.  timestamp: Unix seconds."""
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    digests = (hmac.new(key, signed, hashlib.sha256).digest() for key in keys)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


def _read_key(word: str) -> bytes:
    try:
        key = base64.b64decode(word.removeprefix(PREFIX), validate=True) if word.startswith(PREFIX) else b""
    except binascii.Error:
        key = b""
    if not MIN_KEY_BYTES <= len(key) <= MAX_KEY_BYTES:
        raise ConfigurationError(
            f"secret: expected {PREFIX} and {MIN_KEY_BYTES} to {MAX_KEY_BYTES} bytes as base64, got something else"
        )
    return key
