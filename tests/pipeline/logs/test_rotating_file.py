"""A log file that is put aside, moved away, deleted, and cannot be written."""

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.logs.rotating_file import RotatingFile

Say = Callable[[str], None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log" / "glimpse.log"


@pytest.fixture
def say(path: Path) -> Iterator[Say]:
    handler = RotatingFile(path, max_bytes=100, keep=2)
    yield lambda text: handler.emit(logging.makeLogRecord({"msg": text}))
    handler.close()


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_only_the_owner_reads_it_and_those_put_aside(path: Path, say: Say) -> None:
    for number in range(12):
        say(f"{number:040}")
    found = sorted(path.parent.iterdir())
    assert [file.name for file in found] == ["glimpse.log", "glimpse.log.1", "glimpse.log.2"]
    assert {mode(file) for file in found} == {0o600}
    assert mode(path.parent) == 0o700
    assert all(file.stat().st_size <= 100 for file in found)
    assert path.read_text().splitlines()[-1] == f"{11:040}"
    kept = "".join(file.read_text() for file in reversed(found)).split()
    assert kept == [f"{number:040}" for number in range(6, 12)]


def test_a_file_that_others_may_read_is_tightened(tmp_path: Path) -> None:
    path = tmp_path / "open.log"
    path.write_text("before\n")
    path.chmod(0o644)
    RotatingFile(path, max_bytes=1000, keep=1).close()
    assert mode(path) == 0o600
    assert path.read_text() == "before\n"


@pytest.mark.parametrize("how", ["moved", "deleted", "folder"])
def test_a_file_that_is_gone_is_made_anew(path: Path, say: Say, how: str) -> None:
    say("one")
    if how == "moved":
        path.rename(path.with_name("kept"))
    else:
        path.unlink()
    if how == "folder":
        path.parent.rmdir()
    say("two")
    assert path.read_text() == "two\n"
    assert mode(path) == 0o600
    if how == "moved":
        assert path.with_name("kept").read_text() == "one\n"


def test_another_file_in_its_place_is_written_to(path: Path, say: Say) -> None:
    say("one")
    other = path.with_name("other")
    other.write_text("other\n")
    os.replace(other, path)
    say("two")
    assert path.read_text() == "other\ntwo\n"


def test_names_of_every_script_and_bytes_that_are_no_text(path: Path, say: Say) -> None:
    say("\u05e9\u05e8\u05d4 \udcff")
    assert path.read_bytes() == "\u05e9\u05e8\u05d4 \\udcff\n".encode()


def test_a_full_disk_is_said_once_and_the_log_goes_on(
    path: Path, say: Say, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    say("one")
    with monkeypatch.context() as patch:
        patch.setattr(RotatingFile, "flush", fail)
        say("two")
        say("three")
    assert capsys.readouterr().err == "the log glimpse.log cannot be written: No space left on device\n"
    say("four")
    assert path.read_text().splitlines()[-1] == "four"
    with monkeypatch.context() as patch:
        patch.setattr(RotatingFile, "flush", fail)
        say("five")
    assert "No space left" in capsys.readouterr().err


def fail(self: RotatingFile) -> None:
    raise OSError(28, "No space left on device")


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"file|Not a directory"):
        RotatingFile(tmp_path / "file" / "glimpse.log", max_bytes=100, keep=1)
