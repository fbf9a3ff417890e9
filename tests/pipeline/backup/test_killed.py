"""A backup or a restoring that is killed at any moment leaves no half backup that passes for a whole one, and no store
that is neither the old nor the new one."""

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.backup.kinds import kind_of
from pipeline.backup.make import make_backup
from pipeline.backup.manifest import faults, read_manifest
from pipeline.backup.places import Kept, Part
from pipeline.backup.sqlite_copy import look_at
from recognizer.gallery.store import Face, Gallery
from tests.synthetic.erasable_site import NAME, OTHER, vector

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
KILLS = 12


def run_and_kill(words: Sequence[str], seconds: float) -> int:
    """Run a command of Glimpse that is killed after a time, if it has not ended before."""
    with subprocess.Popen(
        [sys.executable, "-m", "glimpse", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        try:
            return child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            return child.wait()


def how_long(words: Sequence[str]) -> float:
    begun = time.monotonic()
    assert run_and_kill(words, 100) == 0
    return time.monotonic() - begun


def test_a_killed_backup_is_none_and_the_next_one_is_whole(site: Path, config: Path, tmp_path: Path) -> None:
    words = ["backup", str(tmp_path / "first"), "--config", str(config)]
    took, draws = how_long(words), random.Random(1)
    whole = killed = 0
    for number in range(KILLS):
        target = tmp_path / f"b{number}"
        words[1] = str(target)
        killed += run_and_kill(words, draws.uniform(0.4, 1.05) * took) == -signal.SIGKILL
        if target.exists():  # then it is a whole one
            whole += 1
            assert faults(target, read_manifest(target)) == []
        else:
            words[1] = str(target)
            assert run_and_kill(words, 100) == 0
            assert faults(target, read_manifest(target)) == []
        assert not list(tmp_path.glob(f".b{number}*"))
    assert killed >= 3


def test_a_killed_restoring_leaves_each_store_old_or_new(
    site: Path, config: Path, kept: list[Kept], tmp_path: Path
) -> None:
    make_backup(tmp_path / "b", kept, node="shop")
    with Gallery(site / "people.db") as gallery:
        gallery.add("Grace", Face(vector(9), "a.jpg", "sha9"), model_id="m")
    (tmp_path / "old").mkdir()
    shutil.copytree(site, tmp_path / "old", dirs_exist_ok=True)
    words = ["restore", str(tmp_path / "b"), "--replace"]
    begun = time.monotonic()
    assert run_and_kill(words, 100) == 0
    took, draws, found, killed = time.monotonic() - begun, random.Random(2), set(), 0
    for _ in range(KILLS):
        shutil.copytree(tmp_path / "old", site, dirs_exist_ok=True)
        for left in (*site.glob("*-wal"), *site.glob("*-shm")):
            left.unlink()
        killed += run_and_kill(words, draws.uniform(0.5, 1.02) * took) == -signal.SIGKILL
        for one in kept:
            path = Path(one.place)
            if one.part is Part.STORE and path.exists() and (kind := kind_of(path)):
                look_at(path, kind, one.setting)
        with Gallery(site / "people.db") as gallery:
            names = tuple(person.name for person in gallery.people())
        assert names in {(NAME, OTHER), ("Grace", NAME, OTHER)}
        found.add(names)
        assert run_and_kill(words, 100) == 0
        with Gallery(site / "people.db") as gallery:
            assert [person.name for person in gallery.people()] == [NAME, OTHER]
        assert not list(site.glob(".*.restoring*"))
    assert killed >= 3
