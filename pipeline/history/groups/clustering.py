"""Makes groups anew from all tracks at once: agglomerative, by the same calibrated chance as links as they come.

Two clusters are compared by their pooled templates; the pair that strangers would reach least often is joined first,
until no pair is sure enough. What operators put by hand stays together and apart, and tracks that were in one picture
are never joined.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from pipeline.history.groups.pool import stack
from pipeline.history.groups.stored_tracks import StoredTrack
from recognizer.links import Links, link_looks
from recognizer.normalisation import Nearness

ROWS_AT_ONCE = 1024  # clusters compared with all others at once


class Move(NamedTuple):
    """That a track belongs to another group. group: None: to a new one, the same for the same `part`.

    chance: that a stranger's track would be put there too.
    """

    track: int
    previous: int
    group: int | None
    part: int
    chance: float | None


@dataclass
class _Cluster:
    """Tracks that belong together. anchor: the group in which an operator put some of them.

    chance: the greatest with which its parts were joined.
    """

    tracks: list[StoredTrack]
    anchor: int | None = None
    chance: float | None = None
    seen: dict[tuple[int, str], list[StoredTrack]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pool = self.tracks[0].pool
        for track in self.tracks[1:]:
            self.pool += track.pool
        for track in self.tracks:
            self.seen.setdefault((track.epoch, track.camera), []).append(track)

    def may_join(self, other: "_Cluster") -> bool:
        if self.anchor is not None and other.anchor is not None:
            return False
        shared = self.seen.keys() & other.seen.keys()
        return not any(mine.is_beside(its) for key in shared for mine in self.seen[key] for its in other.seen[key])

    def join(self, other: "_Cluster", chance: float) -> "_Cluster":
        anchor = self.anchor if self.anchor is not None else other.anchor
        known = [one for one in (self.chance, other.chance, chance) if one is not None]
        return _Cluster([*self.tracks, *other.tracks], anchor, max(known))


def recluster(tracks: Sequence[StoredTrack], links: Links, *, false_link: float) -> list[Move]:
    """The tracks that must move, so that each group is one cluster.

    tracks: each with its group.  false_link: the chance that a stranger's track is put with anybody else.
    A group keeps its number where most of its tracks are; what is put by hand does not move.
    """
    others = _comparisons(len({track.group for track in tracks}))
    clusters = list(_Clustering(tracks, links, false_link, others).run())
    numbers = _keep_numbers(clusters)
    return [
        Move(track.id, track.group, numbers.get(part), part, cluster.chance)
        for part, cluster in enumerate(clusters)
        for track in cluster.tracks
        if track.group is not None and track.group != numbers.get(part) and not track.by_hand
    ]


def _comparisons(groups: int) -> int:
    """With how many groups a track is compared: each pair is compared once, so with half of them on average.

    So as many strangers are put with an earlier one as when tracks come, where each is compared with all before it.
    """
    return max(1, groups // 2)


class _Clustering:
    """The clusters of one run. others: with how many groups a track is compared."""

    def __init__(self, tracks: Sequence[StoredTrack], links: Links, limit: float, others: int) -> None:
        self._links, self._limit, self._others = links, limit, others
        self._clusters: list[_Cluster | None] = list(_begin(tracks))
        self._least = links.least_score(limit, others=others)
        self._vectors = stack([one.pool for one in self._clusters if one], links.cohort.vectors.shape[1])
        self._near = links.nearness(self._vectors)
        self._heap: list[tuple[float, float, int, int]] = []

    def run(self) -> Iterator[_Cluster]:
        """Join until no pair is sure enough."""
        for start in range(0, len(self._clusters), ROWS_AT_ONCE):
            self._compare(np.arange(start, min(start + ROWS_AT_ONCE, len(self._clusters))))
        while self._heap:
            chance, _, first, second = heapq.heappop(self._heap)
            one, other = self._clusters[first], self._clusters[second]
            if one and other and one.may_join(other):
                self._replace(first, second, one.join(other, chance))
        return (cluster for cluster in self._clusters if cluster)

    def _replace(self, first: int, second: int, joined: _Cluster) -> None:
        """The joined cluster gets a row of its own; what waits for the rows of the two is out of date."""
        self._clusters[first] = self._clusters[second] = None
        row = len(self._clusters)
        self._clusters.append(joined)
        self._grow(row)
        near = self._links.nearness(joined.pool.vector[None])
        self._vectors[row], self._near.mean[row], self._near.std[row] = joined.pool.vector, near.mean[0], near.std[0]
        self._compare(np.array([row]))

    def _grow(self, row: int) -> None:
        """Room for the clusters to come: there are at most twice as many as at the begin."""
        if row < len(self._vectors):
            return
        more = max(row, 16)
        self._vectors = np.concatenate([self._vectors, np.zeros((more, self._vectors.shape[1]), np.float32)])
        self._near = Nearness(
            np.concatenate([self._near.mean, np.zeros(more, np.float32)]),
            np.concatenate([self._near.std, np.ones(more, np.float32)]),
        )

    def _compare(self, rows: np.ndarray[tuple[int], np.dtype[np.intp]]) -> None:
        """Note the pairs of these clusters and earlier ones that are sure enough."""
        end = int(rows[-1]) + 1
        near = Nearness(self._near.mean[rows], self._near.std[rows])
        earlier = Nearness(self._near.mean[:end], self._near.std[:end])
        scores = self._links.scores(self._vectors[rows], near, self._vectors[:end], earlier)
        for row, other in zip(*np.nonzero(scores >= self._least), strict=True):
            if other < rows[row]:
                self._note(int(other), int(rows[row]), float(scores[row, other]))

    def _note(self, first: int, second: int, score: float) -> None:
        one, other = self._clusters[first], self._clusters[second]
        if not (one and other):
            return
        looks, px = link_looks(one.pool.looks, other.pool.looks), min(one.pool.px, other.pool.px)
        chance = self._links.chance(score, px, looks, others=self._others)
        if chance <= self._limit:
            heapq.heappush(self._heap, (chance, -score, first, second))


def _begin(tracks: Sequence[StoredTrack]) -> Iterator[_Cluster]:
    """A cluster for all that was put by hand into one group, and one for each other track."""
    by_hand: dict[int, list[StoredTrack]] = defaultdict(list)
    for track in tracks:
        if track.by_hand and track.group is not None:
            by_hand[track.group].append(track)
        else:
            yield _Cluster([track])
    for group, together in by_hand.items():
        yield _Cluster(together, anchor=group)


def _keep_numbers(clusters: Sequence[_Cluster]) -> dict[int, int]:
    """The group of each cluster, by the place of the cluster: where an operator put some, or most of its tracks are."""
    numbers = {part: cluster.anchor for part, cluster in enumerate(clusters) if cluster.anchor is not None}
    taken = set(numbers.values())
    parts = Counter((part, track.group) for part, cluster in enumerate(clusters) for track in cluster.tracks)
    for (part, group), _ in sorted(parts.items(), key=lambda item: (-item[1], item[0][1] or 0, item[0][0])):
        if group is not None and part not in numbers and group not in taken:
            numbers[part] = group
            taken.add(group)
    return numbers
