"""What the proof finds, wherever it stands in a file."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from pipeline.erase import proof
from pipeline.erase.person import Person
from pipeline.erase.proof import Proof
from tests.synthetic.small_disk import small_disk

PIECE = 64
FACE = bytes(range(1, 200))


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "PIECE_BYTES", PIECE)


def found(path: Path, *, others: Iterable[str] = ()) -> list[str]:
    return list(Proof(Person("Grace").knowing(set(others)), (FACE,)).find(path))


@pytest.mark.parametrize("at", [*range(PIECE - 6, PIECE + 2), *range(3 * PIECE - 6, 3 * PIECE + 2), 4 * PIECE - 5])
def test_a_name_is_found_across_the_edge_of_two_pieces(tmp_path: Path, at: int) -> None:
    path = tmp_path / "text"
    text = bytearray(b" " * 4 * PIECE)
    text[at : at + 5] = b"Grace"
    path.write_bytes(text)
    assert found(path) == ["the name"]


@pytest.mark.parametrize("at", range(PIECE - 12, PIECE + 2))
def test_a_longer_word_is_no_name_at_any_edge(tmp_path: Path, at: int) -> None:
    path = tmp_path / "text"
    for word in (b"xGrace", b"Gracex"):
        text = bytearray(b" " * 4 * PIECE)
        text[at : at + 6] = word
        path.write_bytes(text)
        assert found(path) == []


@pytest.mark.parametrize("at", range(PIECE - 14, PIECE + 2))
def test_a_name_within_the_name_of_another_is_theirs_at_any_edge(tmp_path: Path, at: int) -> None:
    path = tmp_path / "text"
    text = bytearray(b" " * 4 * PIECE)
    text[at : at + 12] = b"Grace Hopper"
    path.write_bytes(text)
    assert found(path, others={"Grace", "Grace Hopper"}) == []
    assert found(path) == ["the name"]


@pytest.mark.parametrize("at", [0, PIECE - 100, PIECE - 1, PIECE, 3 * PIECE + 7])
def test_a_face_is_found_wherever_it_stands(tmp_path: Path, at: int) -> None:
    path = tmp_path / "binary"
    path.write_bytes(bytes(max(at, 0)) + FACE + bytes(90))
    assert found(path) == ["a face"]
    path.write_bytes(bytes(max(at, 0)) + bytes(289))
    assert found(path) == []


def test_an_empty_file_holds_nobody(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    assert found(path) == []


def test_a_file_with_holes_on_a_full_disk_is_searched(tmp_path: Path) -> None:
    """Reading it through a memory map ends the process with SIGBUS."""
    with small_disk(tmp_path / "disk") as disk:
        path = disk.folder / "people.db-shm"
        with path.open("wb") as file:
            file.truncate(32 << 10)
        disk.fill()
        assert found(path) == []
