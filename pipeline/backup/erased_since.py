"""Who was erased after a backup was made, and is back once it is restored.

A gallery counts its erasures, and audit lines (`erasures.jsonl`) and receipts hold hashes of names. Hashes are compared
with the names in the backup.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from pipeline.backup.kinds import GALLERY, kind_of
from pipeline.backup.sqlite_copy import open_readonly
from pipeline.backup.stage import Staged
from pipeline.erase.audit import AUDIT_NAME, hash_name
from pipeline.erase.run import people_in
from pipeline.erase.stores import store_of

MAX_COMPARISONS = 5000  # a tenth of a second each
_ERASED = "SELECT count(*) FROM changes WHERE kind IN ('erase', 'remove') AND number > ?"


class Line(NamedTuple):
    """An erasure as it was written down. time: Unix seconds.  salt: of the hash `person`, hex."""

    time: float
    salt: str
    person: str

    def is_about(self, name: str) -> bool:
        """Whether this name was hashed."""
        return hash_name(name, bytes.fromhex(self.salt)) == self.person


@dataclass(frozen=True, slots=True)
class ErasedSince:
    """erasures: that the galleries count which are replaced.  lines: audit lines and receipts after the backup.

    names: of people whose erasure one of these lines states.  missing: who was not in the gallery that was replaced:
    erased, renamed or merged since.  compared: whether every name could be compared with every line.
    """

    erasures: int = 0
    lines: int = 0
    names: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    compared: bool = True

    def __bool__(self) -> bool:
        """Whether anybody may be back."""
        return bool(self.erasures or self.names or self.missing or not self.compared)


def erased_since(
    staged: Sequence[Staged], present: Mapping[Path, Path], audits: Iterable[Path], *, after: float
) -> ErasedSince:
    """Who is in the copies of a backup and was erased after it was made, as far as anything here says.

    present: what each copy will replace.  audits: further audit files and receipts.  after: when the backup was begun,
    Unix seconds. Raises OSError.
    """
    erasures, missing = 0, set()
    for copy, old in present.items():
        if kind_of(copy) == GALLERY and kind_of(old) == GALLERY:
            erasures += _erasures_after(old, _revision(copy))
            missing |= _people(copy) - _people(old)
    lines = [line for path in (*_audits_beside(staged), *audits) for line in _lines(path) if line.time >= int(after)]
    people = sorted({name for one in staged if one.kind for name in _people(one.path)})
    names, compared = _named(lines, people) if lines else ([], True)
    return ErasedSince(erasures, len(lines), names, sorted(missing), compared)


def _named(lines: Sequence[Line], people: Sequence[str]) -> tuple[list[str], bool]:
    """The people whom a line is about, and whether all could be compared, as the hash is slow."""
    compared = people[: MAX_COMPARISONS // len(lines)]
    found = [name for name in compared if any(line.is_about(name) for line in lines)]
    return found, len(compared) == len(people)


def _people(path: Path) -> set[str]:
    store = store_of(path)
    return set(people_in(path, store)) if store else set()


def _revision(gallery: Path) -> int:
    with closing(open_readonly(gallery)) as opened:
        return int(opened.execute("SELECT revision FROM gallery").fetchone()[0])


def _erasures_after(gallery: Path, revision: int) -> int:
    """0 for a gallery that does not count changes, or is damaged."""
    with closing(open_readonly(gallery)) as opened:
        try:
            return int(opened.execute(_ERASED, (revision,)).fetchone()[0])
        except sqlite3.DatabaseError:
            return 0


def _audits_beside(staged: Sequence[Staged]) -> list[Path]:
    folders = dict.fromkeys(one.path.parent for one in staged)
    return [path for folder in folders if (path := folder / AUDIT_NAME).is_file()]


def _lines(path: Path) -> Iterator[Line]:
    """The erasures of an audit file, or the one of a receipt."""
    text = path.read_text(encoding="utf-8", errors="replace")
    whole = _decoded(text)
    for found in [whole] if whole else map(_decoded, text.splitlines()):
        if line := _line(found.get("statement", found)):
            yield line


def _decoded(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _line(found: object) -> Line | None:
    if not isinstance(found, dict) or found.get("action", "erasure") != "erasure":
        return None
    try:
        line = Line(datetime.fromisoformat(found["time"]).timestamp(), found["salt"], found["person"])
        bytes.fromhex(line.salt)
    except (KeyError, TypeError, ValueError):
        return None
    return line
