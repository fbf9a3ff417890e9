"""Rows on disk, and files that are replaced at once."""

from pathlib import Path

import numpy as np
import pytest

from distill.data.store import RowFile, write_array, write_atomic


def test_rows_of_another_shape_are_refused(tmp_path: Path) -> None:
    rows = RowFile(tmp_path / "rows.raw", np.float16, (4,))
    rows.append(np.ones((3, 4)))
    with pytest.raises(ValueError, match=r"expected rows \(4,\), got \(5,\)"):
        rows.append(np.ones((1, 5)))
    with (tmp_path / "rows.raw").open("ab") as file:
        file.write(b"half")  # a torn row
    assert len(rows) == 3
    rows.truncate(2)
    assert rows.array().shape == (2, 4)
    with pytest.raises(ValueError, match="expected at least 9 rows, got 2"):
        rows.truncate(9)


def test_no_file_has_no_rows(tmp_path: Path) -> None:
    rows = RowFile(tmp_path / "none.raw", np.uint8, (2, 2))
    assert len(rows) == 0
    assert rows.array().shape == (0, 2, 2)
    rows.truncate(0)
    assert not (tmp_path / "none.raw").exists()


def test_an_atomic_write_leaves_no_temporary_file(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a" / "file", b"old")
    write_atomic(tmp_path / "a" / "file", b"new")
    write_array(tmp_path / "a" / "array.npy", np.arange(3))
    assert (tmp_path / "a" / "file").read_bytes() == b"new"
    assert np.load(tmp_path / "a" / "array.npy").tolist() == [0, 1, 2]
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["array.npy", "file"]
