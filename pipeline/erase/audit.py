"""The audit line of an erasure: when, how much, and whether it was complete, but not who.

The name is kept as a salted scrypt hash (RFC 7914), so that whoever knows the name can show later that it was erased,
and nobody can read it. A name is easily guessed; scrypt makes each guess take a tenth of a second.
"""

import hashlib
import json
import os
import secrets
import time
from collections.abc import Sequence
from pathlib import Path

from pipeline.erase.store import Outcome
from pipeline.secrets.private_files import open_private

AUDIT_NAME = "erasures.jsonl"


def write_audit(path: Path, name: str, outcomes: Sequence[Outcome], *, searched: int) -> None:
    """Append one line. searched: number of files that were searched afterwards. Raises OSError."""
    salt = secrets.token_bytes(16)
    line = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "salt": salt.hex(),
        "person": hash_name(name, salt),
        "changed": sum(bool(outcome.changed) for outcome in outcomes),
        "searched": searched,
        "left": sum(bool(outcome.left) for outcome in outcomes),
    }
    descriptor = open_private(path, os.O_WRONLY | os.O_APPEND)
    with os.fdopen(descriptor, "ab") as file:
        file.write(json.dumps(line).encode() + b"\n")


def hash_name(name: str, salt: bytes) -> str:
    """The hash by which a line can be matched with a name, as hex."""
    return hashlib.scrypt(name.encode(), salt=salt, n=1 << 15, r=8, p=1, maxmem=64 << 20, dklen=32).hex()
