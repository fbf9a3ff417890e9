"""What rotated logs hold, within a bound."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.erase.compressed import unpack
from pipeline.erase.store import IncompleteError


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_all_parts_of_a_file_are_unpacked(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    (tmp_path / "log.1").write_bytes(compress(b"first ") + compress(b"second"))
    assert unpack(tmp_path / "log.1") == b"first second"


@pytest.mark.parametrize("data", [b"", b"plain", b"\x1f"])
def test_other_files_hold_nothing_more(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "log").write_bytes(data)
    assert unpack(tmp_path / "log") == b""


def test_what_unpacks_to_too_much_is_not_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.erase.compressed.MAX_UNPACKED_BYTES", 1 << 20)
    (tmp_path / "bomb").write_bytes(gzip.compress(bytes(2 << 20)))
    with pytest.raises(IncompleteError, match="unpacks to more than 1 MiB"):
        unpack(tmp_path / "bomb")


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("kept", [12, 20])
def test_a_damaged_file_is_not_searched(tmp_path: Path, compress: Callable[[bytes], bytes], kept: int) -> None:
    (tmp_path / "log.1").write_bytes(compress(bytes(range(256)) * 9)[:kept])
    with pytest.raises(IncompleteError, match="not searched: damaged"):
        unpack(tmp_path / "log.1")
