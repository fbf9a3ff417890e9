"""The audit line: who can be checked, and not read."""

import json
from pathlib import Path

import pytest

from pipeline.erase.audit import hash_name, write_audit
from pipeline.erase.store import Outcome


def test_lines_are_appended_and_count_what_was_done(tmp_path: Path) -> None:
    outcomes = [Outcome(tmp_path, changed="x"), Outcome(tmp_path, left="y"), Outcome(tmp_path, left="z")]
    write_audit(tmp_path / "a.jsonl", "Ada", outcomes, searched=5)
    write_audit(tmp_path / "a.jsonl", "Ada", [], searched=0)
    first, second = map(json.loads, (tmp_path / "a.jsonl").read_text().splitlines())
    assert (first["changed"], first["left"], first["searched"]) == (1, 2, 5)
    assert first["salt"] != second["salt"]
    assert first["person"] != second["person"]
    assert "Ada" not in (tmp_path / "a.jsonl").read_text()


def test_a_name_is_matched_by_its_salt_alone() -> None:
    assert hash_name("Ada", b"salt") == hash_name("Ada", b"salt")
    assert len({hash_name(name, salt) for name in ("Ada", "Ben") for salt in (b"1", b"2")}) == 4


def test_a_folder_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_audit(tmp_path / "nowhere" / "a.jsonl", "Ada", [], searched=0)
