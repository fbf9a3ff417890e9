"""Unpacks what gzip, bzip2 and xz made, as rotated logs are, to be searched."""

import bz2
import gzip
import lzma
import zlib
from pathlib import Path

from pipeline.erase.store import IncompleteError

MAX_UNPACKED_BYTES = 256 << 20  # a small file may hold terabytes
GZIP, BZIP2, XZ = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0"


def unpack(path: Path) -> bytes:
    """What a compressed file holds; empty for any other. Raises OSError, and IncompleteError for what is damaged."""
    with path.open("rb") as file:
        start = file.read(len(XZ))
    opened = next((opened for magic, opened in _OPENED.items() if start.startswith(magic)), None)
    if opened is None:
        return b""
    try:
        with opened(path) as stream:
            data: bytes = stream.read(MAX_UNPACKED_BYTES + 1)
    except (EOFError, ValueError, zlib.error, lzma.LZMAError, OSError) as error:
        raise IncompleteError(f"not searched: damaged compressed file ({error})") from None
    if len(data) > MAX_UNPACKED_BYTES:
        raise IncompleteError(f"not searched: it unpacks to more than {MAX_UNPACKED_BYTES >> 20} MiB")
    return data


_OPENED = {GZIP: gzip.GzipFile, BZIP2: bz2.BZ2File, XZ: lzma.LZMAFile}
