"""The first lines of a model card, for programs: hashes, data, teachers, and what the file may be used for (YAML)."""

import hashlib
import re
from pathlib import Path
from typing import Any

import msgspec
import yaml

from install.provenance.record import Card, Record, may_be_used_for

NOTE = "# Made by `python -m install.provenance write`; do not edit.\n"
FRONT = re.compile(r"\A---\n(.*?)^---\n\n?", re.DOTALL | re.MULTILINE)


def read_front(card: Path) -> dict[str, Any]:
    """The first lines of a card. Raises ValueError where it has none."""
    if not (found := FRONT.match(card.read_text(encoding="utf-8"))):
        raise ValueError(f"{card.name}: expected first lines between ---; run python -m install.provenance write")
    front: dict[str, Any] = yaml.safe_load(found[1])
    return front


def with_front(record: Record, path: Path, card: Card) -> str:
    """The text of the card at `path`, with first lines made anew. Raises OSError where one of its files is missing."""
    front = yaml.safe_dump(describe(record, path, card), sort_keys=False, allow_unicode=True, width=1000)
    return f"---\n{NOTE}{front}---\n\n{FRONT.sub('', path.read_text(encoding='utf-8'))}"


def describe(record: Record, path: Path, card: Card) -> dict[str, Any]:
    """What the first lines of the card at `path` hold."""
    data = [{"set": name, **msgspec.structs.asdict(record.data[name])} for name in card.data]
    teachers = [msgspec.structs.asdict(record.teachers[name]) for name in card.teachers]
    return {
        "files": {name: hash_file(path.with_name(name)) for name in card.files},
        "licence": "Apache-2.0",
        "may_be_used_for": may_be_used_for(record, card),
        "data": data,
        "teachers": teachers,
    }


def hash_file(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
