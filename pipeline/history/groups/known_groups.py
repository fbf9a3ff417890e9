"""The groups in memory, so that a new track is compared with all of them in a millisecond."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pipeline.history.groups.pool import Pool, stack
from pipeline.history.groups.stored_tracks import StoredTrack
from recognizer.links import Links, link_looks
from recognizer.normalisation import Nearness

MAX_GROUPS = 20_000  # in memory: 25 MB at 256 dimensions; of more, those seen last
NEAREST = 5  # groups of the highest scores, whose exact chance is looked up


@dataclass(frozen=True, slots=True)
class Candidate:
    """A group that a track may belong to. chance: that a stranger's track scores as high with any group."""

    group: int
    score: float
    chance: float


class KnownGroups:
    """What each group looks like. Groups that are not among the MAX_GROUPS seen last are not compared with."""

    def __init__(self, links: Links, tracks: Iterable[StoredTrack] = ()) -> None:
        """tracks: with their groups, the newest first."""
        self._links = links
        self._pools = _pool_by_group(tracks)  # the group that changed last is the last one
        self._rows = {group: row for row, group in enumerate(self._pools)}
        self._groups = np.array(list(self._pools), np.int64)  # of each row; 0: the row is free
        self._free: list[int] = []
        self._vectors = stack(list(self._pools.values()), links.cohort.vectors.shape[1])
        near = links.nearness(self._vectors)
        self._mean, self._std = near.mean, near.std

    def __len__(self) -> int:
        """How many groups a track is compared with."""
        return len(self._pools)

    def set(self, group: int, pool: Pool | None) -> None:
        """A group looks like this now; None: it is gone."""
        self._pools.pop(group, None)
        if pool is None:
            self._forget(group)
            return
        if len(self._pools) >= MAX_GROUPS:
            self._forget(oldest := next(iter(self._pools)))
            del self._pools[oldest]
        self._pools[group] = pool
        row = self._row_of(group)
        near = self._links.nearness(pool.vector[None])
        self._vectors[row], self._mean[row], self._std[row] = pool.vector, near.mean[0], near.std[0]

    def add(self, group: int, pool: Pool) -> None:
        """One more track of a group."""
        self.set(group, self._pools[group] + pool if group in self._pools else pool)

    def nearest(self, pool: Pool) -> list[Candidate]:
        """The groups that are most likely this person, the likeliest first."""
        if not self._pools:
            return []
        vector = pool.vector[None]
        near, others = self._links.nearness(vector), Nearness(self._mean, self._std)
        scores = np.where(self._groups > 0, self._links.scores(vector, near, self._vectors, others)[0], -np.inf)
        count = min(NEAREST, len(self._pools))
        best = np.argpartition(-scores, count - 1)[:count]
        found = [self._candidate(pool, int(self._groups[row]), float(scores[row])) for row in best]
        return sorted(found, key=lambda candidate: (candidate.chance, -candidate.score))

    def _candidate(self, pool: Pool, group: int, score: float) -> Candidate:
        other = self._pools[group]
        looks = link_looks(pool.looks, other.looks)
        return Candidate(
            group, score, self._links.chance(score, min(pool.px, other.px), looks, others=len(self._pools))
        )

    def _row_of(self, group: int) -> int:
        if group not in self._rows:
            if not self._free:
                self._grow()
            self._rows[group] = self._free.pop()
            self._groups[self._rows[group]] = group
        return self._rows[group]

    def _grow(self) -> None:
        """Room for twice as many groups."""
        before = len(self._vectors)
        more = max(before, 64)
        self._vectors = np.concatenate([self._vectors, np.zeros((more, self._vectors.shape[1]), np.float32)])
        self._mean = np.concatenate([self._mean, np.zeros(more, np.float32)])
        self._std = np.concatenate([self._std, np.ones(more, np.float32)])
        self._groups = np.concatenate([self._groups, np.zeros(more, np.int64)])
        self._free += range(before, before + more)

    def _forget(self, group: int) -> None:
        if (row := self._rows.pop(group, None)) is not None:
            self._groups[row] = 0
            self._free.append(row)


def _pool_by_group(tracks: Iterable[StoredTrack]) -> dict[int, Pool]:
    """What the groups of these tracks look like, those of the oldest tracks first; at most MAX_GROUPS."""
    pools: dict[int, Pool] = {}
    for track in tracks:
        if track.group in pools:
            pools[track.group] += track.pool
        elif track.group is not None and len(pools) < MAX_GROUPS:
            pools[track.group] = track.pool
    return dict(reversed(pools.items()))
