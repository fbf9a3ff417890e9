"""A real PostgreSQL server of the test's own, on a Unix socket in a temporary folder; Debian's package postgresql."""

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

USER = "postgres"
OPTIONS = ("-c", "listen_addresses=''", "-c", "fsync=off", "-c", "max_connections=40")


class PostgresServer:
    """A server that a test may end and start again."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self.folder, self._numbers = programs, folder, itertools.count()
        self._run("initdb", "--auth=trust", f"--username={USER}", "--no-sync", "-D", str(folder / "data"))
        self.start()

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = " ".join((*OPTIONS, "-k", str(self.folder)))
        self._run("pg_ctl", "start", "-w", "-D", self._data, "-l", str(self.folder / "log"), "-o", options)

    def stop(self) -> None:
        """End every connection and the server at once, without a word to anybody, as a crash does."""
        self._run("pg_ctl", "stop", "-m", "immediate", "-D", self._data)

    def address(self, database: str, *, user: str = USER) -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """The address of an empty database."""
        name = f"history{next(self._numbers)}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as server:
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0'.encode())
        return self.address(name)

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        subprocess.run(_as_user(command), check=True, cwd="/", stdout=subprocess.DEVNULL, timeout=60)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A running server; skips the test where PostgreSQL is not installed."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
    if programs is None:
        pytest.skip("needs PostgreSQL (Debian: postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="glimpse-postgres-"))  # short: the path of a socket has 107 bytes
    if os.geteuid() == 0:
        shutil.chown(folder, USER)
    server = PostgresServer(programs, folder)
    try:
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.stop()
        _remove(folder)


def _remove(folder: Path) -> None:
    """In the background: a slow disk takes longer for thousands of files than a test may take."""
    subprocess.run(["sh", "-c", 'rm -rf "$0" &', str(folder)], check=True, start_new_session=True)


def _as_user(command: Sequence[str]) -> Sequence[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", USER, "--", *command] if os.geteuid() == 0 else command
