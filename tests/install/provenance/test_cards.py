"""The first lines of a card: made anew, and the rest stays as it is."""

import hashlib
from pathlib import Path

import pytest

from install.provenance.cards import describe, hash_file, read_front, with_front
from install.provenance.record import Card, Record
from tests.install.provenance.sources import OPEN, TEACHER, record

CARD = Card(files=("a.onnx",), data=("open", "closed"), teachers=("t",))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "a.onnx").write_bytes(b"weights")
    (tmp_path / "a.md").write_text("# a\n", encoding="utf-8")
    return tmp_path / "a.md"


def test_the_rest_of_a_card_stays_as_it_is(tmp_path: Path) -> None:
    card = tmp_path / "a.md"
    card.write_text("# a\n\n---\n\ntext\n")
    (tmp_path / "a.onnx").write_bytes(b"weights")
    record = Record(data={"open": OPEN}, teachers={"t": TEACHER}, cards={})
    once = with_front(record, card, Card(files=("a.onnx",), data=("open",), teachers=("t",)))
    card.write_text(once)
    assert once.endswith("---\n\n# a\n\n---\n\ntext\n")
    assert with_front(record, card, Card(files=("a.onnx",), data=("open",), teachers=("t",))) == once
    assert read_front(card)["may_be_used_for"] == "anything"


def test_programs_are_told_hash_use_and_sources(path: Path) -> None:
    told = describe(record(), path, CARD)
    assert told["files"] == {"a.onnx": hashlib.sha256(b"weights").hexdigest()}
    assert told["may_be_used_for"] == "research"
    assert [(source["set"], source["permits"]) for source in told["data"]] == [
        ("open", "anything"),
        ("closed", "research"),
    ]
    assert [source["file"] for source in told["teachers"]] == ["t.onnx"]


def test_what_is_written_is_read_again(path: Path) -> None:
    path.write_text(with_front(record(), path, CARD), encoding="utf-8")
    assert read_front(path) == describe(record(), path, CARD)


def test_a_card_without_first_lines_says_how_to_make_them(path: Path) -> None:
    for text in ("# a\n", "\n---\nfiles: {}\n---\n", "---\nfiles: {}\n"):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=r"^a\.md: expected first lines between ---; run python -m install\.prov"):
            read_front(path)


def test_a_missing_weight_file_is_an_error(path: Path) -> None:
    (path.parent / "a.onnx").unlink()
    with pytest.raises(FileNotFoundError, match=r"a\.onnx"):
        with_front(record(), path, CARD)


def test_a_hash_is_that_of_sha256sum(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    assert hash_file(tmp_path / "x") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
