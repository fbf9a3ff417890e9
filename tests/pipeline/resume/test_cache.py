"""The journal gives back exact bits, survives a kill, and refuses to resume something else."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from detectors.base import Detections
from pipeline.resume.cache import COMMIT_SECONDS, AnswerCache, fingerprint

PARTS = {"source": "abc", "detector": "def", "version": "1"}


def faces(count: int, seed: int = 0) -> Detections:
    random = np.random.default_rng(seed)
    return Detections(
        random.normal(size=(count, 4)).astype(np.float32),
        random.random(count).astype(np.float32),
        random.normal(size=(count, 5, 2)).astype(np.float32),
    )


def same(left: Detections | None, right: Detections) -> bool:
    assert left is not None
    points = (left.landmarks is None and right.landmarks is None) or (
        left.landmarks is not None
        and right.landmarks is not None
        and left.landmarks.shape == right.landmarks.shape
        and left.landmarks.tobytes() == right.landmarks.tobytes()
    )
    return points and left.boxes.tobytes() == right.boxes.tobytes() and left.scores.tobytes() == right.scores.tobytes()


def begin(path: Path, *, resume: bool = False, parts: dict[str, str] = PARTS, clock: float = 0.0) -> AnswerCache:
    return AnswerCache.open(path, fingerprint=parts, resume=resume, clock=lambda: clock)


@pytest.mark.parametrize("count", [0, 1, 500])
def test_gives_back_the_exact_bits_after_reopening(tmp_path: Path, count: int) -> None:
    found = faces(count)
    vectors = np.random.default_rng(1).normal(size=(count, 128)).astype(np.float32)
    journal = begin(tmp_path / "j.db")
    journal.put_detections("cam", 7, found)
    journal.put_vectors("cam", 7, vectors)
    journal.close()
    again = begin(tmp_path / "j.db", resume=True)
    assert same(again.detections("cam", 7), found)
    got = again.vectors("cam", 7)
    assert got is not None
    assert got.tobytes() == vectors.tobytes()
    assert len(got) == count
    again.close()


def test_keeps_nan_infinity_and_missing_landmarks(tmp_path: Path) -> None:
    odd = Detections(np.array([[np.nan, np.inf, -0.0, 1e-45]], np.float32), np.array([np.nan], np.float32))
    journal = begin(tmp_path / "j.db")
    journal.put_detections("cam", 0, odd)
    assert same(journal.detections("cam", 0), odd)
    journal.close()


def test_frames_and_cameras_are_apart(tmp_path: Path) -> None:
    journal = begin(tmp_path / "j.db")
    journal.put_detections("cam1", 1, faces(2, seed=1))
    journal.put_detections("cam10", 1, faces(3, seed=2))
    assert same(journal.detections("cam1", 1), faces(2, seed=1))
    assert journal.detections("cam1", 0) is None
    assert journal.detections("cam", 1) is None
    assert journal.vectors("cam1", 1) is None
    assert (journal.frames_done("cam1"), journal.frames_done("cam"), journal.frames_done()) == (1, 0, 2)
    journal.close()


def test_refuses_vectors_of_another_shape(tmp_path: Path) -> None:
    journal = begin(tmp_path / "j.db")
    with pytest.raises(ValueError, match="vectors: expected float32"):
        journal.put_vectors("cam", 0, np.zeros(128, np.float32))
    journal.close()


def test_resuming_something_else_says_which_part_differs(tmp_path: Path) -> None:
    begin(tmp_path / "j.db").close()
    with pytest.raises(ValueError, match=r"detector differs: expected 'def'.*got 'other'"):
        begin(tmp_path / "j.db", resume=True, parts=PARTS | {"detector": "other"})
    with pytest.raises(ValueError, match="gallery differs: expected None"):
        begin(tmp_path / "j.db", resume=True, parts=PARTS | {"gallery": "new"})


def test_without_resume_it_begins_anew(tmp_path: Path) -> None:
    journal = begin(tmp_path / "j.db")
    journal.put_detections("cam", 0, faces(1))
    journal.close()
    fresh = begin(tmp_path / "j.db", parts=PARTS | {"version": "2"})
    assert fresh.detections("cam", 0) is None
    fresh.close()


def test_resume_with_nothing_there_begins(tmp_path: Path) -> None:
    journal = begin(tmp_path / "j.db", resume=True)
    assert journal.frames_done() == 0
    journal.close()


def test_one_run_at_a_time(tmp_path: Path) -> None:
    journal = begin(tmp_path / "j.db")
    with pytest.raises(ValueError, match="another run is using it"):
        begin(tmp_path / "j.db", resume=True)
    with pytest.raises(ValueError, match="another run is using it"):
        begin(tmp_path / "j.db")
    journal.close()
    begin(tmp_path / "j.db", resume=True).close()


def test_another_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database, " * 100)
    with pytest.raises(ValueError, match="cannot be read"):
        begin(text)
    assert text.read_text() == "not a database, " * 100
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE precious (x)")
    other.commit()
    other.close()
    (tmp_path / "other.db").chmod(0o644)
    with pytest.raises(ValueError, match="another SQLite database"):
        begin(tmp_path / "other.db")
    assert (tmp_path / "other.db").stat().st_mode & 0o777 == 0o644
    kept = sqlite3.connect(tmp_path / "other.db")
    assert kept.execute("SELECT name FROM sqlite_master").fetchall() == [("precious",)]
    kept.close()


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    journal = begin(tmp_path / "j.db")
    journal.put_vectors("cam", 0, np.ones((1, 4), np.float32))
    journal.commit()
    assert {file.stat().st_mode & 0o077 for file in tmp_path.iterdir()} == {0}
    journal.close()


def test_a_journal_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    begin(tmp_path / "j.db").close()
    (tmp_path / "j.db").chmod(0o644)
    journal = begin(tmp_path / "j.db", resume=True)
    journal.put_vectors("cam", 0, np.ones((1, 4), np.float32))
    assert {file.stat().st_mode & 0o077 for file in tmp_path.iterdir()} == {0}
    journal.close()


def test_commits_once_a_second_of_its_clock(tmp_path: Path) -> None:
    now = [0.0]
    journal = AnswerCache.open(tmp_path / "j.db", fingerprint=PARTS, resume=False, clock=lambda: now[0])
    pending = []
    for step in range(5):
        now[0] = step * COMMIT_SECONDS / 2
        journal.put_detections("cam", step, faces(1))
        pending.append(journal._database.in_transaction)
    assert pending == [True, True, False, True, False]
    journal.close()


CHILD = """
import sys, time
from pathlib import Path
import numpy as np
from detectors.base import Detections
from pipeline.resume.cache import AnswerCache
journal = AnswerCache.open(Path(sys.argv[1]), fingerprint={"source": "abc"}, resume=False)
for index in range(200):
    journal.put_detections("cam", index, Detections(np.full((3, 4), index, np.float32), np.ones(3, np.float32)))
journal.commit()
for index in range(200, 300):
    journal.put_detections("cam", index, Detections.empty())
sys.stdout.write("ready\\n")
sys.stdout.flush()
sys.stdin.read()
"""


def test_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == "ready\n"
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait(timeout=10) == -signal.SIGKILL
    child.stdout.close()
    child.stdin.close()
    journal = AnswerCache.open(path, fingerprint={"source": "abc"}, resume=True)
    assert 200 <= journal.frames_done("cam") <= 300
    last = journal.detections("cam", 199)
    assert last is not None
    assert last.boxes.tolist() == [[199.0] * 4] * 3
    journal.close()


def test_fingerprint_sees_a_changed_byte(tmp_path: Path) -> None:
    small = tmp_path / "in" / "a.mp4"
    small.parent.mkdir()
    small.write_bytes(b"x" * 1000)
    before, folder = fingerprint(small), fingerprint(small.parent)
    small.write_bytes(b"x" * 999 + b"y")
    assert fingerprint(small) != before
    assert fingerprint(small.parent) != folder
    assert fingerprint(small).startswith("1000 bytes")


def test_fingerprint_of_a_long_file_reads_its_ends(tmp_path: Path) -> None:
    long = tmp_path / "long.mp4"
    with long.open("wb") as file:
        file.truncate(80 << 20)
    before = fingerprint(long)
    with long.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"y")
    assert fingerprint(long) != before
