"""The journal of an interrupted run: it holds vectors of every face without saying whose, so it is destroyed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from pipeline.erase.overwrite import destroy
from pipeline.erase.person import Person
from pipeline.erase.sqlite_file import application_id, is_sqlite
from pipeline.erase.store import IncompleteError
from pipeline.resume.cache import APPLICATION_ID
from pipeline.resume.replay_run import CACHE_NAME


class JournalStore:
    """`journal.db` in a report's folder; `--resume` then begins at the first frame."""

    kind = "journal"

    def recognises(self, path: Path) -> bool:
        return application_id(path) == APPLICATION_ID or (path.name == CACHE_NAME and is_sqlite(path))

    def people(self, path: Path) -> Iterator[str]:
        return iter(())

    def traces(self, path: Path, person: Person) -> Iterator[bytes]:
        return iter(())

    def records(self, path: Path, person: Person) -> Iterator[bytes]:
        return iter(())

    def erase(self, path: Path, person: Person) -> str:
        _check_idle(path)
        for suffix in ("-wal", "-shm", ""):  # the file last: without it the others would not be recognised
            destroy(path.with_name(path.name + suffix))
        return "destroyed: it holds vectors of faces without names"


def _check_idle(path: Path) -> None:
    """Raise IncompleteError while a run has the journal open, which then locks it."""
    try:
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as database:
            database.execute("BEGIN EXCLUSIVE")
            database.execute("ROLLBACK")
    except sqlite3.OperationalError:
        raise IncompleteError("a run is using it; end the run, then run this again") from None
    except sqlite3.DatabaseError:
        return
