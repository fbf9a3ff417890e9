"""What a work folder's products were made with: other settings are refused, not silently passed over.

The surprising decision: a folder without such a note takes the settings it is first asked with. Notes came later than
folders.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from distill.data.store import write_atomic
from distill.errors import DistillError


def read_or_create(path: Path, asked: Any) -> Any:
    """What the note says; `asked`, plain data, becomes the note where there is none."""
    if not path.exists():
        write_atomic(path, msgspec.json.encode(asked))
    return msgspec.json.decode(path.read_bytes())


def require_unchanged(path: Path, section: str, asked: Mapping[str, Any]) -> None:
    """Raises DistillError where the note says otherwise; it names the first setting that differs."""
    plain = msgspec.json.decode(msgspec.json.encode(asked))
    known = read_or_create(path, plain)
    for key, value in plain.items():
        if known.get(key) != value:
            raise DistillError(
                f"{section}.{key}: {path.parent} was made with {known.get(key)!r}, got {value!r}; name another `work`"
            )
