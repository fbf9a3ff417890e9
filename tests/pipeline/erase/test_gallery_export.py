"""An export as a store of people, also between two of its writes."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.erase.gallery_export import GalleryExportStore
from pipeline.erase.person import Person
from recognizer.gallery.store import Face
from recognizer.gallery.transfer import encode_export, read_export

STORE = GalleryExportStore()
VECTORS = np.eye(2, 64, dtype=np.float32)
FACES = [(name, Face(VECTORS[number], "a.jpg", name)) for number, name in enumerate(("Ada", "Ben"))]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "people.jsonl").write_bytes(encode_export("m", FACES))
    return tmp_path / "people.jsonl"


def names(path: Path) -> list[str]:
    return [name for name, _ in read_export(path)[1]]


def test_it_is_written_again_without_the_person(path: Path) -> None:
    assert STORE.recognises(path)
    assert set(STORE.people(path)) == {"Ada", "Ben"}
    assert next(iter(STORE.traces(path, Person("Ada")))) == VECTORS[0].tobytes()
    assert STORE.erase(path, Person("Ada")) == "1 faces erased"
    assert STORE.erase(path, Person("Ada")) == ""
    assert names(path) == ["Ben"]
    assert oct(path.stat().st_mode)[-3:] == "600"
    assert [file.name for file in path.parent.iterdir()] == ["people.jsonl"]


@pytest.mark.parametrize("ending", [".erase-new", ".erase-old"])
def test_a_leftover_beside_the_export_is_destroyed(path: Path, ending: str) -> None:
    leftover = path.with_name(f".people.jsonl{ending}")
    leftover.write_bytes(path.read_bytes())
    assert "destroyed" in STORE.erase(leftover, Person("Ada"))
    assert not leftover.exists()
    assert names(path) == ["Ada", "Ben"]


def test_without_the_export_its_leftover_takes_the_place(path: Path) -> None:
    leftover = path.rename(path.with_name(".people.jsonl.erase-new"))
    assert "people.jsonl is back" in STORE.erase(leftover, Person("Ada"))
    assert names(path) == ["Ada", "Ben"]


def test_a_damaged_export_is_told_and_stays(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ValueError, match=r"damaged|malformed|truncated"):
        STORE.erase(path, Person("Ada"))
    assert path.exists()
