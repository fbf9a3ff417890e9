"""What is known of each weight file, what it permits, and a record that does not hold together."""

from pathlib import Path

import msgspec
import pytest

from install.provenance.record import SOURCES, Card, Record, find_weights, may_be_used_for, read_record
from tests.install.provenance.sources import CLOSED, OPEN, TEACHER, UNKNOWN


@pytest.mark.parametrize(
    ("sets", "use"),
    [(["open"], "anything"), (["open", "closed"], "research"), (["open", "unknown"], "research"), ([], "anything")],
)
def test_a_missing_licence_permits_no_more_than_a_strict_one(sets: list[str], use: str) -> None:
    card = Card(files=(), data=tuple(sets), teachers=("t",))
    record = Record(data={"open": OPEN, "closed": CLOSED, "unknown": UNKNOWN}, teachers={"t": TEACHER}, cards={})
    assert may_be_used_for(record, card) == use


def test_a_card_of_an_unknown_set_and_a_misspelt_key_are_refused(tmp_path: Path) -> None:
    text = SOURCES.read_text(encoding="utf-8")
    (tmp_path / "sources.yaml").write_text(text.replace("data: &faces [utk,", "data: &faces [utkk,"))
    with pytest.raises(ValueError, match="not utkk"):
        read_record(tmp_path / "sources.yaml")
    (tmp_path / "sources.yaml").write_text(text.replace("permits: research", "permit: research", 1))
    with pytest.raises(ValueError, match="permit"):
        read_record(tmp_path / "sources.yaml")


@pytest.mark.parametrize("permits", ["research", "unstated"])
def test_a_teacher_that_forbids_it_forbids_it(permits: str) -> None:
    teacher = msgspec.structs.replace(TEACHER, permits=permits)
    card = Card(files=(), data=("open",), teachers=("t",))
    assert may_be_used_for(Record(data={"open": OPEN}, teachers={"t": teacher}, cards={}), card) == "research"


def test_a_card_of_an_unknown_teacher_is_refused(tmp_path: Path) -> None:
    text = "data: {}\nteachers: {}\ncards: {a.md: {files: [a], data: [], teachers: [nobody]}}\n"
    (tmp_path / "s.yaml").write_text(text)
    with pytest.raises(ValueError, match=r"^s\.yaml: a\.md: expected names of `data` and `teachers`, not nobody$"):
        read_record(tmp_path / "s.yaml")


def test_weights_are_the_networks_and_heads_of_both_folders(tmp_path: Path) -> None:
    for name in ("detectors/weights/a.onnx", "recognizer/weights/h.npz", "recognizer/weights/a.md", "other/b.onnx"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert find_weights(tmp_path) == {"detectors/weights/a.onnx", "recognizer/weights/h.npz"}


def test_what_ships_is_read() -> None:
    found = read_record()
    assert {name for card in found.cards.values() for name in card.data} <= set(found.data)
    assert found.cards
