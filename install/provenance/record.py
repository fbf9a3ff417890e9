"""What is known about the origin of each weight file: sources.yaml as types."""

from pathlib import Path
from typing import Literal

import msgspec

ROOT = Path(__file__).parents[2]
SOURCES = Path(__file__).with_name("sources.yaml")
FOLDERS = ("detectors/weights", "recognizer/weights")
SUFFIXES = (".onnx", ".npz")
Permits = Literal["anything", "research", "unstated"]


class DataSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pictures that a file learnt from. permits: what the licence found lets a trained network be used for."""

    what: str
    licence: str
    permits: Permits


class Teacher(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A network whose answers were learnt. learnt_from: its own data, as far as its authors say."""

    file: str
    what: str
    licence: str
    learnt_from: str
    permits: Permits


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model card. files: beside it.  data, teachers: names in the record."""

    files: tuple[str, ...]
    data: tuple[str, ...]
    teachers: tuple[str, ...]


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All sources, and the cards by their paths from the repository's root."""

    data: dict[str, DataSet]
    teachers: dict[str, Teacher]
    cards: dict[str, Card]


def read_record(path: Path = SOURCES) -> Record:
    """The record. Raises ValueError for unknown keys and for a card that names a source that is not there."""
    record = msgspec.yaml.decode(path.read_bytes(), type=Record)
    for name, card in record.cards.items():
        unknown = [*(set(card.data) - set(record.data)), *(set(card.teachers) - set(record.teachers))]
        if unknown:
            raise ValueError(f"{path.name}: {name}: expected names of `data` and `teachers`, not {unknown[0]}")
    return record


def may_be_used_for(record: Record, card: Card) -> str:
    """`anything` where every source permits it, else `research`: a missing licence permits nothing."""
    permits = {record.data[name].permits for name in card.data}
    permits |= {record.teachers[name].permits for name in card.teachers}
    return "anything" if permits <= {"anything"} else "research"


def find_weights(root: Path = ROOT) -> set[str]:
    """Every weight file of the repository, as paths from its root."""
    files = (path for folder in FOLDERS for path in (root / folder).iterdir() if path.suffix in SUFFIXES)
    return {path.relative_to(root).as_posix() for path in files}
