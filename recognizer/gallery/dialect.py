"""Where the SQL of galleries differs: an SQLite file may hold anything in any column, and PostgreSQL may not."""

from collections.abc import Callable
from dataclasses import dataclass

from configs.at_rest import ADDED_BYTES

IS_SOUND = """
    EXISTS (SELECT 1 FROM people AS named INDEXED BY sqlite_autoindex_people_1
            WHERE named.name = people.name AND named.id = people.id)
    AND EXISTS (SELECT 1 FROM faces AS owned INDEXED BY faces_by_person
                WHERE owned.person = faces.person AND owned.id = faces.id)
"""
"""Whether nothing is wrong with whose a face is. The file holds each name, and the person of each face, a second time
in an index; where the two differ, one is damaged."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """SQL of one kind of database.

    faces: every face with its person, also one without, to select from.  sound: whether nothing is wrong with whose a
    face of these is.  faces_of: to select the faces of a person from, with the person as two values, by the table or
    by its index: where one of them is damaged, the other still knows.  now: Unix seconds.

    text, number, blob: an expression as a text, as a finite number or NULL, as bytes or NULL.  raw: as bytes, whatever
    it is.  real: as a number of double precision.
    """

    faces: str
    sound: str
    faces_of: str
    now: str
    text: Callable[[str], str]
    number: Callable[[str], str]
    blob: Callable[[str], str]
    raw: Callable[[str], str]
    real: Callable[[str], str]

    @property
    def columns(self) -> str:
        """What `usable_faces` needs of each row of `faces`. A vector of another size is not even read."""
        vector = f"CASE WHEN {self._fits('vector')} THEN {self.blob('vector')} END"
        return f"people.name, {self.text('source')}, faces.model_id, {vector}, {self.sound}"

    def negatives(self, where: str) -> str:
        """Negatives of one model, a value, that may be used. Those of another wait until the gallery is of their model
        again. where: more conditions, which may be empty."""
        return f"""
            SELECT coalesce({self.text("name")}, ''), vector, {self.text("source")}, {self.real("negatives.added_at")},
                people.id
            FROM negatives JOIN people ON people.id = person
            WHERE negatives.model_id = ? AND {self.blob("vector")} IS NOT NULL AND {self._fits("vector")} {where}
            ORDER BY negatives.id
        """

    def _fits(self, column: str) -> str:
        return f"length({column}) - 4 * (SELECT dim FROM gallery) IN (0, {ADDED_BYTES})"


def _as_it_is(column: str) -> str:
    return column


SQLITE = Dialect(
    faces="faces NOT INDEXED LEFT JOIN people ON people.id = person",
    sound=IS_SOUND,
    faces_of="faces NOT INDEXED"
    " WHERE person = ? OR id IN (SELECT id FROM faces INDEXED BY faces_by_person WHERE person = ?)",
    now="((julianday('now') - 2440587.5) * 86400.0)",
    text=lambda column: f"CAST({column} AS TEXT)",
    number=lambda column: (
        f"CASE WHEN abs({column}) < 1e300 THEN CAST({column} AS REAL) WHEN {column} IS NOT NULL THEN 0.0 END"
    ),
    blob=lambda column: f"CASE WHEN typeof({column}) = 'blob' THEN {column} END",
    raw=lambda column: f"CAST({column} AS BLOB)",
    real=lambda column: f"CAST({column} AS REAL)",
)
POSTGRES = Dialect(
    faces="faces LEFT JOIN people ON people.id = person",
    sound="TRUE",
    faces_of="faces WHERE person = ? OR person = ?",
    now="extract(epoch FROM clock_timestamp())::double precision",
    text=_as_it_is,
    number=_as_it_is,
    blob=_as_it_is,
    raw=_as_it_is,
    real=_as_it_is,
)
