"""Pools: other sets of labelled faces (other teachers, or other labels) to compare students with.

A pool is a work folder of its own, `work/pools/<name>`, with copies of some prepared faces. Every stage works there as
in the main folder, and needs no code for pools.
"""

import fcntl
from pathlib import Path

import msgspec
import numpy as np

from distill.adapt.stage import adapt
from distill.config import PoolSettings, Settings
from distill.data.prepare import PreparationProgress, load_state, load_usable_rows
from distill.data.store import face_rows, write_array, write_atomic
from distill.errors import DistillError
from distill.label.stage import label
from distill.progress import Log
from distill.teacher.ensemble import open_ensemble
from distill.work_folder import WorkFolder

CHUNK = 1024  # faces copied at once


def settings_in_pool(settings: Settings, name: str) -> Settings:
    """Return the settings with the pool's folder, teachers, labels and a head of its own; as they are for no name.

    Raises DistillError for an unknown name.
    """
    if not name:
        return settings
    pool = find_pool(settings, name)
    return msgspec.structs.replace(
        settings,
        work=str(WorkFolder(Path(settings.work)).pool(name).root),
        teachers=pool.teachers or settings.teachers,
        adapt=msgspec.structs.replace(settings.adapt, head=""),
        label=pool.label,
        pools={},
    )


def find_pool(settings: Settings, name: str) -> PoolSettings:
    """Return the settings of one pool. Raises DistillError for an unknown name."""
    if name not in settings.pools:
        raise DistillError(f"pools: no {name!r}; known here: {', '.join(settings.pools) or 'none'}")
    return settings.pools[name]


def make_pool(settings: Settings, name: str) -> None:
    """Copy the pool's faces, fit its head and label it, as far as not yet done. Raises DistillError."""
    pool = settings_in_pool(settings, name)
    work = WorkFolder(Path(pool.work))
    work.root.mkdir(parents=True, exist_ok=True)
    with work.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # other processes wait here until the pool is complete
        copy_faces(WorkFolder(Path(settings.work)), work, find_pool(settings, name).faces, seed=settings.seed)
        teacher = open_ensemble(pool)
        adapt(pool.adapt, work, teacher, seed=pool.seed, log=Log(work.log))
        label(pool.label, work, teacher, seed=pool.seed)


def copy_faces(source: WorkFolder, target: WorkFolder, count: int, *, seed: int) -> None:
    """Copy `count` random usable faces to another work folder, unless it has faces. Raises DistillError."""
    if target.prepare_state.exists():
        return
    usable = load_usable_rows(source)
    if count > len(usable):
        raise DistillError(f"pools.faces: expected at most the {len(usable):,} usable faces, got {count:,}")
    rows = np.sort(np.random.default_rng(seed).choice(usable, count, replace=False))
    notes, faces, copies = load_state(source).notes, face_rows(source).array(), face_rows(target)
    copies.truncate(0)  # drops the rows of an interrupted copy
    for start in range(0, count, CHUNK):
        copies.append(np.asarray(faces[rows[start : start + CHUNK]]))
    _share_test_features(source, target)
    write_array(target.usable, np.ones(count, bool))
    progress = PreparationProgress(notes=[notes[row] for row in rows], done=True)
    write_atomic(target.prepare_state, msgspec.json.encode(progress))


def _share_test_features(source: WorkFolder, target: WorkFolder) -> None:
    """Link the cache of test features (distill/evaluate/models.py): its file names identify the model."""
    source.test_features.mkdir(parents=True, exist_ok=True)
    target.test_features.parent.mkdir(parents=True, exist_ok=True)
    if not target.test_features.exists():
        target.test_features.symlink_to(source.test_features.resolve(), target_is_directory=True)
