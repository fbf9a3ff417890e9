"""The tables of the page of licences."""

import hashlib
from pathlib import Path

import pytest

from install.provenance.page import DIGITS, make_tables
from install.provenance.record import Card
from tests.install.provenance.sources import record


def test_each_file_set_and_teacher_has_a_row(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    for name in ("a.onnx", "b.onnx"):
        (tmp_path / "w" / name).write_bytes(name.encode())
    card = Card(files=("a.onnx", "b.onnx"), data=("open",), teachers=("t",))
    files, data, teachers = (part.splitlines() for part in make_tables(record(w__a=card), tmp_path).split("### ")[1:])
    digits = hashlib.sha256(b"b.onnx").hexdigest()[:DIGITS]
    assert [line for line in files if "b.onnx" in line] == [f"| [`b.onnx`](../w/a.md) | anything | `{digits}` | t |"]
    assert "| closed | a study | research only | research |" in data
    assert "| `t.onnx` | a network | MIT | not stated |" in teachers
    assert (files[0], data[0], teachers[0]) == ("Files", "Data sets", "Teachers")


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        make_tables(record(a=Card(files=("none.onnx",), data=(), teachers=())), tmp_path)
