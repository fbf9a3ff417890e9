"""The cache of a run: exact values, one user at a time, safe against a kill and against the wrong recording."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from detectors.base import Detections
from pipeline.resume.cache import COMMIT_SECONDS, InferenceCache, fingerprint

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


def open_cache(path: Path, *, resume: bool = False, parts: dict[str, str] = PARTS) -> InferenceCache:
    return InferenceCache.open(path, fingerprint=parts, resume=resume, clock=lambda: 0.0)


@pytest.mark.parametrize("count", [0, 1, 500])
def test_values_are_identical_after_reopening(tmp_path: Path, count: int) -> None:
    found = faces(count)
    vectors = np.random.default_rng(1).normal(size=(count, 128)).astype(np.float32)
    cache = open_cache(tmp_path / "j.db")
    cache.put_detections("cam", 7, found)
    cache.put_vectors("cam", 7, vectors)
    cache.close()
    again = open_cache(tmp_path / "j.db", resume=True)
    assert same(again.get_detections("cam", 7), found)
    got = again.get_vectors("cam", 7)
    assert got is not None
    assert got.tobytes() == vectors.tobytes()
    assert len(got) == count
    again.close()


def test_nan_infinity_and_missing_landmarks_are_stored(tmp_path: Path) -> None:
    odd = Detections(np.array([[np.nan, np.inf, -0.0, 1e-45]], np.float32), np.array([np.nan], np.float32))
    cache = open_cache(tmp_path / "j.db")
    cache.put_detections("cam", 0, odd)
    assert same(cache.get_detections("cam", 0), odd)
    cache.close()


def test_values_are_stored_per_camera_and_frame(tmp_path: Path) -> None:
    cache = open_cache(tmp_path / "j.db")
    cache.put_detections("cam1", 1, faces(2, seed=1))
    cache.put_detections("cam10", 1, faces(3, seed=2))
    assert same(cache.get_detections("cam1", 1), faces(2, seed=1))
    assert cache.get_detections("cam1", 0) is None
    assert cache.get_detections("cam", 1) is None
    assert cache.get_vectors("cam1", 1) is None
    assert same(cache.get_detections("cam10", 1), faces(3, seed=2))
    cache.close()


def test_refuses_vectors_of_another_shape(tmp_path: Path) -> None:
    cache = open_cache(tmp_path / "j.db")
    with pytest.raises(ValueError, match="vectors: expected float32"):
        cache.put_vectors("cam", 0, np.zeros(128, np.float32))
    cache.close()


def test_a_different_fingerprint_is_refused_and_named(tmp_path: Path) -> None:
    open_cache(tmp_path / "j.db").close()
    with pytest.raises(ValueError, match=r"detector differs: expected 'def'.*got 'other'"):
        open_cache(tmp_path / "j.db", resume=True, parts=PARTS | {"detector": "other"})
    with pytest.raises(ValueError, match="gallery differs: expected None"):
        open_cache(tmp_path / "j.db", resume=True, parts=PARTS | {"gallery": "new"})


def test_without_resume_the_file_is_emptied(tmp_path: Path) -> None:
    cache = open_cache(tmp_path / "j.db")
    cache.put_detections("cam", 0, faces(1))
    cache.close()
    fresh = open_cache(tmp_path / "j.db", parts=PARTS | {"version": "2"})
    assert fresh.get_detections("cam", 0) is None
    fresh.close()


def test_resume_without_a_file_creates_one(tmp_path: Path) -> None:
    cache = open_cache(tmp_path / "j.db", resume=True)
    assert cache.get_detections("cam", 0) is None
    cache.close()


def test_a_second_run_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.resume.cache._LOCK_TIMEOUT_SECONDS", 0.0)
    cache = open_cache(tmp_path / "j.db")
    with pytest.raises(ValueError, match="another run is using it"):
        open_cache(tmp_path / "j.db", resume=True)
    with pytest.raises(ValueError, match="another run is using it"):
        open_cache(tmp_path / "j.db")
    cache.close()
    open_cache(tmp_path / "j.db", resume=True).close()


def test_a_different_file_is_refused_and_unchanged(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database, " * 100)
    with pytest.raises(ValueError, match="cannot be read"):
        open_cache(text)
    assert text.read_text() == "not a database, " * 100
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE precious (x)")
    other.commit()
    other.close()
    (tmp_path / "other.db").chmod(0o644)
    with pytest.raises(ValueError, match="another SQLite database"):
        open_cache(tmp_path / "other.db")
    assert (tmp_path / "other.db").stat().st_mode & 0o777 == 0o644
    kept = sqlite3.connect(tmp_path / "other.db")
    assert kept.execute("SELECT name FROM sqlite_master").fetchall() == [("precious",)]
    kept.close()


def test_files_are_private(tmp_path: Path) -> None:
    cache = open_cache(tmp_path / "j.db")
    cache.put_vectors("cam", 0, np.ones((1, 4), np.float32))
    cache.commit()
    assert {file.stat().st_mode & 0o077 for file in tmp_path.iterdir()} == {0}
    cache.close()


def test_a_readable_file_is_made_private(tmp_path: Path) -> None:
    open_cache(tmp_path / "j.db").close()
    (tmp_path / "j.db").chmod(0o644)
    cache = open_cache(tmp_path / "j.db", resume=True)
    cache.put_vectors("cam", 0, np.ones((1, 4), np.float32))
    assert {file.stat().st_mode & 0o077 for file in tmp_path.iterdir()} == {0}
    cache.close()


def test_commits_after_each_second_of_the_clock(tmp_path: Path) -> None:
    now = [0.0]
    cache = InferenceCache.open(tmp_path / "j.db", fingerprint=PARTS, resume=False, clock=lambda: now[0])
    pending = []
    for step in range(5):
        now[0] = step * COMMIT_SECONDS / 2
        cache.put_detections("cam", step, faces(1))
        pending.append(cache._database.in_transaction)
    assert pending == [True, True, False, True, False]
    cache.close()


CHILD = """
import sys, time
from pathlib import Path
import numpy as np
from detectors.base import Detections
from pipeline.resume.cache import InferenceCache
cache = InferenceCache.open(Path(sys.argv[1]), fingerprint={"source": "abc"}, resume=False)
for index in range(200):
    cache.put_detections("cam", index, Detections(np.full((3, 4), index, np.float32), np.ones(3, np.float32)))
cache.commit()
for index in range(200, 300):
    cache.put_detections("cam", index, Detections.empty())
sys.stdout.write("ready\\n")
sys.stdout.flush()
sys.stdin.read()
"""


def test_committed_values_survive_a_kill(tmp_path: Path) -> None:
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
    cache = InferenceCache.open(path, fingerprint={"source": "abc"}, resume=True)
    stored = [cache.get_detections("cam", index) is not None for index in range(300)]
    assert stored[:200] == [True] * 200
    last = cache.get_detections("cam", 199)
    assert last is not None
    assert last.boxes.tolist() == [[199.0] * 4] * 3
    cache.close()


def test_a_changed_byte_changes_the_fingerprint(tmp_path: Path) -> None:
    small = tmp_path / "in" / "a.mp4"
    small.parent.mkdir()
    small.write_bytes(b"x" * 1000)
    before, folder = fingerprint(small), fingerprint(small.parent)
    small.write_bytes(b"x" * 999 + b"y")
    assert fingerprint(small) != before
    assert fingerprint(small.parent) != folder
    assert fingerprint(small).startswith("1000 bytes")


def test_the_fingerprint_of_a_long_file_covers_its_end(tmp_path: Path) -> None:
    long = tmp_path / "long.mp4"
    with long.open("wb") as file:
        file.truncate(80 << 20)
    before = fingerprint(long)
    with long.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"y")
    assert fingerprint(long) != before


def test_a_full_disk_is_a_sentence_and_what_was_written_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    cache = open_cache(path)
    cache.put_detections("a", 0, faces(3))
    cache.commit()
    cache._database.execute("PRAGMA max_page_count = 1")  # SQLite raises it to what the file has
    with pytest.raises(OSError, match=r"journal .*journal\.db: database or disk is full; .* --resume"):
        cache.put_detections("a", 1, faces(5000))
    cache.close()
    again = open_cache(path, resume=True)
    assert same(again.get_detections("a", 0), faces(3))
    again.close()
