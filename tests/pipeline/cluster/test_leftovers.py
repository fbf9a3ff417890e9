"""What a killed `glimpse cluster up` left is ended and deleted; nothing else is."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.cluster.leftovers import AlreadyRunsError, clear_leftovers, processes_of, session_folder

# A command that holds the folder, and a process of its own with a file there, which survives it.
KILLED = """
import subprocess, sys, time
from pathlib import Path
from pipeline.cluster.leftovers import session_folder
with session_folder(Path(sys.argv[1])) as folder:
    log = (folder / "log").open("w")
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], stdout=log)
    print(child.pid, folder, flush=True)
    time.sleep(600)
"""
needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system has no /proc")


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[tuple[Path, int, Path]]:
    """The record of a command that was killed, its process that goes on, and its folder."""
    record = tmp_path / "ray-session"
    command = subprocess.Popen([sys.executable, "-c", KILLED, str(record)], stdout=subprocess.PIPE, text=True)
    assert command.stdout
    child, _, folder = command.stdout.readline().strip().partition(" ")
    with pytest.raises(AlreadyRunsError, match="a cluster runs on this machine already"), session_folder(record):
        pass
    assert not clear_leftovers(record)  # it runs
    command.kill()
    command.communicate()
    yield record, int(child), Path(folder)
    shutil.rmtree(folder, ignore_errors=True)


def is_running(process: int) -> bool:
    """Whether it is there and no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@needs_proc
def test_processes_and_folder_of_a_killed_command_are_gone(killed: tuple[Path, int, Path]) -> None:
    record, child, folder = killed
    assert child in processes_of(folder)
    assert clear_leftovers(record)
    assert not is_running(child)
    assert not folder.exists()
    assert not clear_leftovers(record)


@needs_proc
def test_the_next_command_cleans_up_before_it_begins(killed: tuple[Path, int, Path]) -> None:
    record, child, folder = killed
    with session_folder(record) as new:
        assert not is_running(child)
        assert not folder.exists()
        assert new.stat().st_mode & 0o777 == 0o700
    assert not new.exists()


@needs_proc
def test_another_program_that_reads_there_is_left_alone(killed: tuple[Path, int, Path]) -> None:
    record, _, folder = killed
    with (folder / "log").open() as log:
        other = subprocess.Popen(["sleep", "600"], stdin=log)
    try:
        assert other.pid not in processes_of(folder)
        assert clear_leftovers(record)
        assert is_running(other.pid)
    finally:
        other.kill()
        other.wait()


@pytest.mark.parametrize("name", ["precious", "glimpse-ray-link"])
def test_a_folder_that_is_not_ours_is_never_deleted(tmp_path: Path, name: str) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (tmp_path / "glimpse-ray-link").symlink_to(precious)
    record = tmp_path / "ray-session"
    record.write_text(str(tmp_path / name))
    clear_leftovers(record)
    assert precious.is_dir()


def test_a_record_that_is_damaged_or_missing_is_no_leftover(tmp_path: Path) -> None:
    record = tmp_path / "ray-session"
    assert not clear_leftovers(record)
    record.write_bytes(os.urandom(64))
    assert not clear_leftovers(record)
    with session_folder(record) as folder:
        assert folder.is_dir()
