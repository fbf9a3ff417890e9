"""Records the settings that files of a work folder were made with, and refuses to reuse the files with others.

A folder without a record, made by an older version, adopts the settings of its next run.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from distill.data.store import write_atomic
from distill.errors import DistillError


def read_or_create(path: Path, current: Any) -> Any:
    """Return the recorded settings; without a record, record `current` (plain data) and return it."""
    if not path.exists():
        write_atomic(path, msgspec.json.encode(current))
    return msgspec.json.decode(path.read_bytes())


def require_unchanged(
    path: Path, section: str, current: Mapping[str, Any], *, former: Mapping[str, str] | None = None
) -> None:
    """Raise DistillError that names the first setting which differs from the record.

    former: names of settings in records of older versions.
    """
    plain = msgspec.json.decode(msgspec.json.encode(current))
    recorded = read_or_create(path, plain)
    for key, value in plain.items():
        known = recorded.get(key, recorded.get((former or {}).get(key)))
        if known != value:
            raise DistillError(
                f"{section}.{key}: {path.parent} was made with {known!r}, got {value!r}; name another `work`"
            )
