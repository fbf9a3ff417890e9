"""What waits to be delivered: messages lose the name and the picture, and the person's retained topics are cleared.

A message is still sent: something happened, without who it was. A running `glimpse mqtt` clears the topics at the
broker within a second, one that is not running when it is started again.
"""

import base64
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from configs.at_rest import StoreCipher
from pipeline.alerts.deliver.schema import APPLICATION_ID
from pipeline.erase.person import Person
from pipeline.erase.sqlite_file import application_id, open_writable, scrub

PICTURE = "crop"
NO_NAMES = frozenset({"camera", "node", "of_node", "epoch", "of_epoch", "kind", "id", "last_error"})
"""Keys of texts that name no person; a camera may be called like somebody."""


class DeliveriesStore:
    """The file of `glimpse mqtt`, `glimpse webhooks` or `glimpse mail`, also while it delivers."""

    kind = "deliveries"

    def recognises(self, path: Path) -> bool:
        return application_id(path) == APPLICATION_ID

    def people(self, path: Path) -> Iterator[str]:
        with open_writable(path) as database:
            bodies = [body for _, body in _bodies(database, path)] + [body for (body,) in _states(database)]
            yield from {name for body in bodies for name in _names(_decode(body))}

    def traces(self, path: Path, person: Person) -> Iterator[bytes]:
        """Pictures of messages that name the person."""
        with open_writable(path) as database:
            for _, body in _bodies(database, path):
                content = _decode(body)
                if _mask(content, person) != content and content.get(PICTURE):
                    yield base64.b64decode(content[PICTURE])

    def records(self, path: Path, person: Person) -> Iterator[bytes]:
        with open_writable(path) as database:
            contents = (_decode(body) for _, body in _bodies(database, path))
            named = (content for content in contents if _mask(content, person) != content)
            yield from (msgspec.json.encode(content | {PICTURE: ""}) for content in named)

    def erase(self, path: Path, person: Person) -> str:
        with open_writable(path) as database:
            database.execute("PRAGMA secure_delete = ON")
            database.execute("BEGIN IMMEDIATE")
            messages = _mask_messages(database, path, person)
            topics = _clear_topics(database, person)
            changed = messages + topics + _mask_state(database, person) + _mask_errors(database, person)
            database.execute("COMMIT")
            scrub(database)  # always: an earlier erasure may have been interrupted before this
        if not changed:
            return ""
        return f"name taken from {messages} messages, {topics} retained topics to be cleared at the broker"


def _bodies(database: sqlite3.Connection, path: Path) -> list[tuple[int, bytes]]:
    """Messages, opened."""
    cipher = StoreCipher(DeliveriesStore.kind, path)
    stored = database.execute("SELECT id, body FROM deliveries WHERE length(body) > 0").fetchall()
    return [(row, cipher.open(body)) for row, body in stored]


def _states(database: sqlite3.Connection) -> list[tuple[bytes]]:
    return database.execute("SELECT body FROM state").fetchall()


def _mask_messages(database: sqlite3.Connection, path: Path, person: Person) -> int:
    changed, cipher = 0, StoreCipher(DeliveriesStore.kind, path)
    for row, body in _bodies(database, path):
        content = _decode(body)
        masked = _mask(content, person)
        if masked != content:
            if PICTURE in masked:
                masked[PICTURE] = ""
            body = cipher.seal(msgspec.json.encode(masked))
            database.execute("UPDATE deliveries SET body = ? WHERE id = ?", (body, row))
            changed += 1
    return changed


def _clear_topics(database: sqlite3.Connection, person: Person) -> int:
    """Empty every retained payload that names the person; those of cameras are made anew by the process."""
    changed = 0
    for topic, payload in database.execute("SELECT topic, payload FROM retained").fetchall():
        content = _decode(payload)
        if content and _mask(content, person) != content:
            database.execute("UPDATE retained SET payload = x'', dirty = 1 WHERE topic = ?", (topic,))
            changed += 1
    return changed


def _mask_state(database: sqlite3.Connection, person: Person) -> int:
    changed = 0
    for name, body in database.execute("SELECT name, body FROM state").fetchall():
        content = _decode(body)
        masked = _mask(content, person)
        for key in {"people", "gone"} & masked.keys():
            masked[key] = {name: sight for name, sight in masked[key].items() if not person.is_named(name)}
        if masked != content:
            database.execute("UPDATE state SET body = ? WHERE name = ?", (msgspec.json.encode(masked), name))
            changed += 1
    return changed


def _mask_errors(database: sqlite3.Connection, person: Person) -> int:
    """What a receiver said may quote the message."""
    changed = 0
    for row, text in database.execute("SELECT id, last_error FROM receivers").fetchall():
        if (masked := _mask_text(text, person)) != text:
            database.execute("UPDATE receivers SET last_error = ? WHERE id = ?", (masked, row))
            changed += 1
    return changed


def _decode(body: bytes) -> dict[str, Any]:
    """A message or state as plain data; empty for what is no JSON object, such as `online`."""
    try:
        content = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return {}
    return content if isinstance(content, dict) else {}


def _mask(value: Any, person: Person, key: str = "") -> Any:
    """The same data with asterisks for the name."""
    if isinstance(value, dict):
        return {name: _mask(inner, person, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_mask(inner, person, key) for inner in value]
    return _mask_text(value, person) if isinstance(value, str) and key not in NO_NAMES else value


def _mask_text(text: str, person: Person) -> str:
    masked, end = "", 0
    for first, last in person.spans(text):
        masked, end = masked + text[end:first] + "*" * (last - first), last
    return masked + text[end:]


def _names(content: dict[str, Any]) -> Iterator[str]:
    """Names of people in a message or a state."""
    for key in ("person", "previous"):
        if isinstance(name := content.get(key), str):
            yield name
    yield from content.get("people", {})
    yield from content.get("gone", {})
    for face in content.get("faces", {}).values():
        if isinstance(name := face.get("person"), str):
            yield name
