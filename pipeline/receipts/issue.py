"""Makes the receipt of an erasure or a disclosure."""

import hashlib
import secrets
import time
from collections.abc import Iterable
from pathlib import Path

from pipeline.erase.audit import hash_name
from pipeline.erase.disclosure import Disclosure
from pipeline.erase.person import Person
from pipeline.erase.run import Erasure
from pipeline.receipts.keys import signing_key
from pipeline.receipts.receipt import Action, Statement, StoreLine, sign
from pipeline.secrets.private_files import replace_private
from pipeline.version import VERSION


def receipt_of_erasure(name: str, erasure: Erasure) -> Statement:
    """What an erasure did, without the name."""
    lines = (StoreLine(file=Path(out.path).name, kind="", done=out.changed, left=out.left) for out in erasure.outcomes)
    return _state(Action.ERASURE, name, lines, searched=erasure.searched, complete=erasure.complete)


def receipt_of_disclosure(name: str, disclosure: Disclosure) -> Statement:
    """What was handed over, without the name."""
    lines = (
        StoreLine(
            file=Path(found.name).name,
            kind=found.kind,
            done=f"{len(found.records)} records, {len(found.faces)} faces",
            left=found.left,
        )
        for found in disclosure.found
    )
    digest = hashlib.sha256(disclosure.archive).hexdigest()
    return _state(
        Action.DISCLOSURE, name, lines, searched=disclosure.stores, complete=disclosure.complete, sha256=digest
    )


def write_receipt(path: Path, statement: Statement, key: Path) -> None:
    """Sign a statement and write it. key: file of the signing key, made where it is missing.

    Raises ValueError for a key that cannot be used, and OSError.
    """
    replace_private(path, sign(statement, signing_key(key)).encode())


def _state(
    action: Action, name: str, lines: Iterable[StoreLine], *, searched: int, complete: bool, sha256: str = ""
) -> Statement:
    salt, person = secrets.token_bytes(16), Person(name)
    return Statement(
        action=action,
        time=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        version=VERSION,
        salt=salt.hex(),
        person=hash_name(name, salt),
        stores=tuple(_without_name(line, person) for line in lines),
        searched=searched,
        complete=complete,
        sha256=sha256,
    )


def _without_name(line: StoreLine, person: Person) -> StoreLine:
    """The same line, asterisks for the name: a file may be called like the person."""
    texts = (_mask(text, person) for text in (line.file, line.kind, line.done, line.left))
    return StoreLine(**dict(zip(("file", "kind", "done", "left"), texts, strict=True)))


def _mask(text: str, person: Person) -> str:
    for first, last in reversed(person.spans(text)):
        text = f"{text[:first]}***{text[last:]}"
    return text
