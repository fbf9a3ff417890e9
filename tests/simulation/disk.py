"""The disk of a simulation: an outbox file whose writes fail while it is full, and end with the node at write N."""

import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

_NO_SYNC = "PRAGMA synchronous = OFF"  # what a process wrote outlives its kill; waiting for the disk proves nothing
_WRITES = ("BEGIN IMMEDIATE", "INSERT", "DELETE", "UPDATE")


class Disk:
    """Holds the outbox of each run in a folder of its own, so that a killed node's file is found as it was.

    full: every write fails.  dead: the node that writes here was killed.  kill_at: the write, counted from now, at
    which it is killed; 0 for never.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._generation = 0
        self.full = self.dead = False
        self.kill_at = 0
        self._outbox(0).parent.mkdir(parents=True)

    @property
    def outbox(self) -> Path:
        """The file of the running node."""
        return self._outbox(self._generation)

    def kill(self) -> None:
        """Freeze the files as a killed process leaves them: nothing is committed or tidied any more."""
        if self.dead:
            return
        self.dead, self.kill_at = True, 0
        copy = self._outbox(self._generation + 1)
        copy.parent.mkdir()
        for suffix in ("", "-wal", ".sent"):
            found = Path(f"{self.outbox}{suffix}")
            if found.exists():
                shutil.copyfile(found, f"{copy}{suffix}")

    def revive(self) -> None:
        """Go on with the files as the killed node left them."""
        if self.dead:
            shutil.rmtree(self.outbox.parent)
            self._generation += 1
            self.dead = False

    def connect(self, path: Any, *arguments: Any, **options: Any) -> sqlite3.Connection:
        """Stands in for sqlite3.connect: writes to the outbox go through this disk."""
        if _file_of(path) == self.outbox:
            options["factory"] = lambda *given, **more: _Connection(self, *given, **more)
        connection: sqlite3.Connection = REAL_CONNECT(path, *arguments, **options)
        with suppress(sqlite3.Error):  # of a file that is missing or damaged, which whoever uses it finds out
            connection.execute(_NO_SYNC)
        return connection

    def write(self) -> None:
        """Called before each write of the outbox. Raises sqlite3.OperationalError where it fails."""
        if self.kill_at:
            self.kill_at -= 1
            if not self.kill_at:
                self.kill()
        if self.dead:
            raise sqlite3.OperationalError("the node was killed")
        if self.full:
            raise sqlite3.OperationalError("database or disk is full")

    def _outbox(self, generation: int) -> Path:
        return self._folder / f"disk-{generation}" / "outbox.db"


REAL_CONNECT = sqlite3.connect


def _file_of(path: Any) -> Path:
    """The file that a path or a `file:` URI names."""
    return Path(unquote(urlsplit(str(path)).path) if str(path).startswith("file:") else path)


class _Connection(sqlite3.Connection):
    """A connection whose writing statements ask the disk first."""

    def __init__(self, disk: Disk, *arguments: Any, **options: Any) -> None:
        self._disk = disk
        super().__init__(*arguments, **options)

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        self._ask(sql)
        return super().execute(_NO_SYNC if sql.startswith("PRAGMA synchronous") else sql, *values)

    def executemany(self, sql: str, *values: Any) -> sqlite3.Cursor:
        self._ask(sql)
        return super().executemany(sql, *values)

    def _ask(self, sql: str) -> None:
        if sql.lstrip().upper().startswith(_WRITES):
            self._disk.write()
