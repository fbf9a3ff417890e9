"""A store that anybody has open is not replaced, and a log never meets another file."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.backup.out_of_use import out_of_use
from recognizer.gallery.store import Gallery

HOLD = """\
import sqlite3, sys
store = sqlite3.connect(sys.argv[1])
store.execute("SELECT * FROM t").fetchall()
print("open", flush=True)
input()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "s.db"
    with closing(sqlite3.connect(path)) as store:
        store.execute("PRAGMA journal_mode = WAL")
        store.execute("CREATE TABLE t (x)")
    return path


def mode(path: Path) -> str:
    with closing(sqlite3.connect(path)) as store:
        return str(store.execute("PRAGMA journal_mode").fetchone()[0])


def test_a_store_of_another_process_is_in_use(path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdin=-1, stdout=-1, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(OSError, match="in use by a running node"), out_of_use(path):
            raise AssertionError
        holder.communicate("\n")
    with out_of_use(path):
        pass


def test_a_gallery_that_a_node_reads_is_in_use(tmp_path: Path) -> None:
    Gallery(tmp_path / "g.db", create=True).close()
    with Gallery(tmp_path / "g.db", read_only=True) as gallery:
        assert gallery.people() == []
        with pytest.raises(OSError, match="in use"), out_of_use(tmp_path / "g.db"):
            raise AssertionError


def test_nobody_opens_it_within_the_block_and_it_has_no_log(path: Path) -> None:
    with out_of_use(path):
        assert not list(path.parent.glob("*-wal")) + list(path.parent.glob("*-shm"))
        with (
            closing(sqlite3.connect(path, timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("SELECT * FROM t")


def test_a_block_that_fails_leaves_it_with_a_log(path: Path) -> None:
    with pytest.raises(KeyError), out_of_use(path):
        raise KeyError
    assert mode(path) == "wal"


def test_what_is_no_database_is_nobodys_and_loses_its_log(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    path.write_bytes(b"x" * 5000)
    (tmp_path / "s.db-wal").write_bytes(b"y")
    with out_of_use(path):
        assert not (tmp_path / "s.db-wal").exists()
    assert path.read_bytes() == b"x" * 5000
