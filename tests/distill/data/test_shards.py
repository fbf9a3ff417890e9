"""Shards of labelled faces."""

from distill.data.shards import find_shards, read_shard
from distill.work_folder import WorkFolder


def test_partial_shards_are_skipped_and_real_ones_come_first(labelled: WorkFolder) -> None:
    labelled.shard("mixed", 1).with_suffix(".partial").mkdir()
    assert [path.name for path in find_shards(labelled)] == ["real-00000", "mixed-00000"]
    again = read_shard(labelled.shard("mixed", 0))
    assert again.sharp is None
    assert again.images.shape == (6, 80, 80, 3)
