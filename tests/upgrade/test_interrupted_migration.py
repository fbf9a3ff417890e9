"""A migration that fails or is killed between any two statements leaves the old file, and the next one finishes it."""

import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.upgrade.make_files import unpack

# Ends the process before its statement number KILL_AT that changes something.
DYING = """\
import os, signal, sqlite3, sys
from pathlib import Path
real, left = sqlite3.connect, [int(sys.argv[2])]
class Dying(sqlite3.Connection):
    def execute(self, statement, *values):
        word = statement.split()[0].upper()
        if word in ("CREATE", "ALTER", "INSERT", "DROP", "UPDATE", "COMMIT") or "user_version =" in statement:
            left[0] -= 1
            if left[0] < 0 and sys.argv[3] == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if left[0] < 0 and word != "COMMIT":
                raise sqlite3.OperationalError("injected")
        return super().execute(statement, *values)
sqlite3.connect = lambda *a, **k: real(*a, **{**k, "factory": Dying})
"""
OPENING = {
    "people.db": "from recognizer.gallery.store import Gallery as G\nG(Path(sys.argv[1])).rename('Dan', 'Bob')",
    "outbox.db": "from pipeline.bus.outbox.schema import open_outbox\nopen_outbox(Path(sys.argv[1]))",
    "history.db": "from pipeline.history.store import HistoryWriter as H\nH(Path(sys.argv[1]))",
}
OLD = {"people.db": "0.1.0", "outbox.db": "0.1.0", "history.db": "0.2.0"}


def schema(path: Path) -> tuple[int, list[tuple[str, str]]]:
    with closing(sqlite3.connect(path)) as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tables = store.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()
        return store.execute("PRAGMA user_version").fetchone()[0], tables


def open_until(path: Path, step: int, how: str) -> int:
    program = f"{DYING}{OPENING[path.name]}\n"
    return subprocess.run(
        [sys.executable, "-c", program, str(path), str(step), how], capture_output=True, check=False
    ).returncode


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", OPENING)
@pytest.mark.parametrize("how", ["kill", "fail"])
def test_at_every_statement_the_file_is_the_old_or_the_new_one(name: str, how: str, tmp_path: Path) -> None:
    old = unpack(OLD[name], tmp_path) / name
    (tmp_path / "new").mkdir()
    new = Path(shutil.copy(old, tmp_path / "new" / name))
    assert open_until(new, 1000, how) == 0
    before, after = schema(old), schema(new)
    assert before != after
    interrupted = 0
    for step in range(0, 60, 1 if name != "history.db" else 4):
        folder = tmp_path / str(step)
        folder.mkdir()
        path = Path(shutil.copy(old, folder / name))
        code = open_until(path, step, how)
        assert schema(path) in (before, after), step
        if code == 0:
            break
        assert code == (-signal.SIGKILL if how == "kill" else 1)
        interrupted += 1
        assert open_until(path, 1000, how) == 0
        assert schema(path) == after
    assert interrupted >= 2
