"""Renders and encodes the clips, several people in each, on all cores; a second run takes them from disk."""

import hashlib
import multiprocessing
import os
import pickle
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.walks import street
from benchmarks.walks.people import WalkingPerson
from benchmarks.walks.street import StreetTruth, StreetWalk
from detectors.arrays import Image
from tests.synthetic.video import write_clip
from tests.synthetic.walk import Camera

PEOPLE_PER_CLIP = 10


@dataclass(frozen=True)
class Clip:
    """A clip on disk and its truth; the camera is called as the file."""

    path: Path
    truth: StreetTruth

    @property
    def camera(self) -> str:
        return self.path.stem


def write_clips(
    people: Sequence[WalkingPerson],
    backgrounds: Sequence[Image],
    folder: Path,
    *,
    seed: int,
    camera: Camera = street.CAMERA,
) -> list[Clip]:
    """Write one clip for every ten people, each in front of another background."""
    groups = [people[start : start + PEOPLE_PER_CLIP] for start in range(0, len(people), PEOPLE_PER_CLIP)]
    order = np.random.default_rng(seed).permutation(len(backgrounds))
    scenes = [backgrounds[order[number % len(order)]] for number in range(len(groups))]
    paths = [folder / f"street{number + 1}-{_key(group, seed)}.mp4" for number, group in enumerate(groups)]
    seeds = [1000 * seed + number for number in range(len(groups))]
    write = partial(_write_clip, camera=camera)
    if len(groups) == 1:
        return [write(groups[0], scenes[0], paths[0], seeds[0])]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(os.cpu_count() or 1, len(groups)), mp_context=context) as pool:
        return list(pool.map(write, groups, scenes, paths, seeds))


def _write_clip(people: Sequence[WalkingPerson], background: Image, path: Path, seed: int, *, camera: Camera) -> Clip:
    """Write a clip, or take it from an earlier run with the same people."""
    kept = path.with_suffix(".pickle")
    if path.is_file() and kept.is_file():
        truth: StreetTruth = pickle.loads(kept.read_bytes())
        return Clip(path, truth)
    walk = StreetWalk(people, background, seed=seed, camera=camera)
    write_clip(path, walk.frames(), fps=camera.fps, preset="veryfast", crf="26")
    kept.write_bytes(pickle.dumps(walk.truth))
    return Clip(path, walk.truth)


def _key(people: Sequence[WalkingPerson], seed: int) -> str:
    """Changes with the people, the seed and the code that draws them."""
    digest = hashlib.sha256(str(seed).encode())
    for name in ("clips.py", "street.py", "people.py"):
        digest.update(Path(__file__).with_name(name).read_bytes())
    for person in people:
        digest.update(person.name.encode() + person.chip.tobytes())
    return digest.hexdigest()[:8]
