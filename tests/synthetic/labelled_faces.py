"""Two shards of labelled faces without a teacher: what a student learns from, with targets that are easy to tell."""

import numpy as np

from distill.adapt.head import Head
from distill.data.shards import Shard, write_shard
from distill.work_folder import WorkFolder

HEAD = Head(np.zeros(4, np.float32), np.zeros(4, np.float32), np.eye(4, 2, dtype=np.float32))  # keeps two of four


def make_shard(count: int, *, sharp: bool, value: int = 0) -> Shard:
    """Faces in one grey value. Through HEAD, low targets are (1, 0) and sharp ones (0, 1)."""
    images = np.full((count, 80, 80, 3), value, np.uint8)
    low = np.tile(np.array([1, 0, 0, 0], np.float16), (count, 1))
    high = np.tile(np.array([0, 1, 0, 0], np.float16), (count, 1))
    return Shard(images, low, high if sharp else None, np.full(count, -1))


def write_labelled_faces(work: WorkFolder) -> None:
    """Six synthetic faces with value 1 and low targets only, and four real ones with value 2 and both targets."""
    write_shard(work.shard("mixed", 0), make_shard(6, sharp=False, value=1))
    write_shard(work.shard("real", 0), make_shard(4, sharp=True, value=2))
