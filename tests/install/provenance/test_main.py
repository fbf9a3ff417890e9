"""Every weight file has a card with its hash, its data, its teachers and what it may be used for."""

import shutil
from pathlib import Path

import pytest

from install.provenance.__main__ import PAGE, find_faults
from install.provenance.cards import hash_file, read_front
from install.provenance.record import find_weights, read_record
from tests.conftest import REPOSITORY

RECORD = read_record()


def test_cards_and_page_are_up_to_date() -> None:
    assert list(find_faults()) == []


def test_every_weight_file_is_held_to_the_hash_in_its_card() -> None:
    hashes: dict[str, str] = {}
    for path in RECORD.cards:
        folder = path.rpartition("/")[0]
        hashes |= {f"{folder}/{name}": digits for name, digits in read_front(REPOSITORY / path)["files"].items()}
    assert hashes == {name: hash_file(REPOSITORY / name) for name in find_weights()}


@pytest.mark.parametrize("path", RECORD.cards)
def test_a_card_says_licences_and_use_to_programs(path: str) -> None:
    front = read_front(REPOSITORY / path)
    assert front["may_be_used_for"] == "research"  # of all that ship today; docs/licences.md says why
    assert all(source["licence"] and source["permits"] for source in (*front["data"], *front["teachers"]))


@pytest.mark.parametrize("name", [path for path in RECORD.cards if "glimpse_" in path and "head" not in path])
def test_the_sets_of_the_record_are_those_that_the_card_tells(name: str) -> None:
    text = (REPOSITORY / name).read_text(encoding="utf-8").partition("## Data\n")[2]
    assert [one for one in RECORD.cards[name].data if f"{one} " not in text] == []


def test_a_changed_file_and_one_without_a_card_are_told(tmp_path: Path) -> None:
    for path, card in RECORD.cards.items():
        for name in (Path(path).name, *card.files):
            source = (REPOSITORY / path).with_name(name)
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, (tmp_path / path).with_name(name))
    (tmp_path / "docs").mkdir()
    shutil.copy(PAGE, tmp_path / "docs")
    assert list(find_faults(tmp_path)) == []
    with (tmp_path / "recognizer" / "weights" / "glimpse_b32.onnx").open("ab") as file:
        file.write(b"\0")
    (tmp_path / "detectors" / "weights" / "new.onnx").write_bytes(b"")
    assert [fault.split(":")[0] for fault in find_faults(tmp_path)] == [
        "detectors/weights/new.onnx",
        "recognizer/weights/glimpse_b32.md",
        "docs/licences.md",
    ]
