"""Overwrites bytes where they stand.

A file keeps its length and its place on the disk, so a program that appends to it is not disturbed, no copy is left
behind, and a kill at any moment leaves work that the next call goes on with.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from pipeline.erase.person import Span

MASK = b"*"


def overwrite(path: Path, spans: Iterable[Span], filler: bytes = MASK) -> int:
    """Overwrite these bytes by the filler, and return how many places they were. Raises OSError."""
    with path.open("r+b", buffering=0) as file:
        count = 0
        for first, last in spans:
            os.pwrite(file.fileno(), filler * (last - first), first)
            count += 1
        if count:
            os.fsync(file.fileno())
    return count


def destroy(path: Path) -> bool:
    """Overwrite a whole file by zeros and delete it; False where there is none. Raises OSError."""
    if not path.exists():
        return False
    overwrite(path, [(0, path.stat().st_size)], b"\0")
    path.unlink()
    return True
