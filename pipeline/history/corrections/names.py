"""Names that operators changed, in the tables of a history and in events that come late."""

from pipeline.history.database import Database

GRACE_SECONDS = 5.0  # a node takes up a changed gallery within a second or two; clocks differ a little
CHANGE = (
    "UPDATE tracks SET person = ? WHERE person = ?",
    "UPDATE tracks SET evidence_person = ? WHERE evidence_person = ?",
    "UPDATE verdicts SET person = ? WHERE person = ?",
    "UPDATE groups SET person = ? WHERE person = ?",
)


def change_name(database: Database, old: str, new: str, *, at: float) -> None:
    """Change a name wherever the history has it, in the current transaction. at: Unix seconds."""
    for statement in CHANGE:
        database.change(statement, (new, old))
    note_change(database, old, new, at=at)


def note_change(database: Database, old: str, new: str, *, at: float) -> None:
    """Remember that events of before `at`, Unix seconds, mean the new name where they say the old one."""
    database.change("INSERT INTO renames (old, new, made_at) VALUES (?, ?, ?)", (old, new, at))


def current_name(database: Database, name: str | None, *, at: float) -> str | None:
    """The name now of somebody whom an event of `at`, Unix seconds, names so."""
    query = "SELECT id, new FROM renames WHERE old = ? AND id > ? AND made_at + ? >= ? ORDER BY id LIMIT 1"
    last = 0
    while name is not None and (rows := database.rows(query, (name, last, GRACE_SECONDS, at))):
        [(last, name)] = rows
    return name
