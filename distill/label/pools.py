"""Labelled faces beside the family's own: other teachers, or other ways of making faces, to compare students with.

The surprising decision: such a pool is a work folder like any other, `work/pools/<name>`, with copies of a few of the
prepared faces. Every stage then does there what it does for the family, and none of them knows of pools.
"""

import fcntl
from pathlib import Path

import msgspec
import numpy as np

from distill.adapt.stage import adapt
from distill.config import PoolSettings, Settings
from distill.data.prepare import State, load_state, load_usable_rows
from distill.data.store import face_rows, write_array, write_atomic
from distill.errors import DistillError
from distill.label.stage import label
from distill.progress import Log
from distill.teacher.ensemble import open_ensemble
from distill.work_folder import WorkFolder

CHUNK = 1024


def settings_in_pool(settings: Settings, name: str) -> Settings:
    """The same settings in the pool's folder, with its teachers, labels and a head of its own; an empty name is the
    family's.

    Raises DistillError for a name that is not configured.
    """
    if not name:
        return settings
    pool = find_pool(settings, name)
    folder = str(WorkFolder(Path(settings.work)).pool(name).root)
    own = msgspec.structs.replace(settings.adapt, head="")
    teachers = pool.teachers or settings.teachers
    return msgspec.structs.replace(settings, work=folder, teachers=teachers, adapt=own, label=pool.label, pools={})


def find_pool(settings: Settings, name: str) -> PoolSettings:
    """One configured pool. Raises DistillError."""
    if name not in settings.pools:
        raise DistillError(f"pools: no {name!r}; known here: {', '.join(settings.pools) or 'none'}")
    return settings.pools[name]


def make_pool(settings: Settings, name: str) -> None:
    """Copy the pool's faces, fit its head and label it; what is done stays. Raises DistillError."""
    mine = settings_in_pool(settings, name)
    work = WorkFolder(Path(mine.work))
    work.root.mkdir(parents=True, exist_ok=True)
    with work.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process that compares students waits here, and finds it done
        copy_faces(WorkFolder(Path(settings.work)), work, find_pool(settings, name).faces, seed=settings.seed)
        teacher = open_ensemble(mine)
        adapt(mine.adapt, work, teacher, seed=mine.seed, log=Log(work.log))
        label(mine.label, work, teacher, seed=mine.seed)


def copy_faces(source: WorkFolder, target: WorkFolder, count: int, *, seed: int) -> None:
    """Copy `count` random usable faces of one work folder to another, the same ones for a seed. Raises DistillError."""
    if target.prepare_state.exists():
        return
    usable = load_usable_rows(source)
    if count > len(usable):
        raise DistillError(f"pools.faces: expected at most the {len(usable):,} usable faces, got {count:,}")
    rows = np.sort(np.random.default_rng(seed).choice(usable, count, replace=False))
    known, faces, kept = load_state(source).notes, face_rows(source).array(), face_rows(target)
    kept.truncate(0)
    for start in range(0, count, CHUNK):
        kept.append(np.asarray(faces[rows[start : start + CHUNK]]))
    _share_readings(source, target)
    write_array(target.usable, np.ones(count, bool))
    write_atomic(target.prepare_state, msgspec.json.encode(State(notes=[known[row] for row in rows], done=True)))


def _share_readings(source: WorkFolder, target: WorkFolder) -> None:
    """What was read of the test (distill/evaluate/models.py) is named by the model's file and good for every pool."""
    kept, link = source.test_features, target.test_features
    kept.mkdir(parents=True, exist_ok=True)
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.symlink_to(kept.resolve(), target_is_directory=True)
