"""How alike templates of different people are, against the calibration of links: why false links come about."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.shop_day.play import Place, TrackId
from benchmarks.shop_day.score import CROWD
from pipeline.history.reader import HistoryReader
from recognizer.links import Links, link_looks

RATES = (1e-2, 1e-3, 1e-4)


@dataclass(frozen=True)
class Alike:
    """Pairs of tracks of two people, and how many reach the score that a share `rate` of strangers should reach."""

    rate: float
    pairs: int
    reached: int


def count_alike(history: Path, links: Links, owners: Mapping[TrackId, Place]) -> list[Alike]:
    """All pairs of tracks whose two people are known to differ."""
    vectors, people, sizes, looks = [], [], [], []
    with HistoryReader(history) as reader:
        for page in reader.templates(links.model_id):
            rows = reader.by_id(page.tracks)
            for number, track in enumerate(page.tracks):
                person = owners.get((rows[track].camera, rows[track].track), (0, CROWD))[1]
                if person != CROWD:
                    vectors.append(page.vectors[number])
                    people.append(person)
                    sizes.append(page.pooled_px[number])
                    looks.append(page.looks[number])
    if not vectors:
        return [Alike(rate, 0, 0) for rate in RATES]
    stacked = np.stack(vectors)
    near = links.nearness(stacked)
    scores = links.scores(stacked, near, stacked, near)
    first, second = np.triu_indices(len(people), 1)
    differ = np.array(people)[first] != np.array(people)[second]
    chances = [
        links.chance(float(scores[a, b]), min(sizes[a], sizes[b]), link_looks(looks[a], looks[b]), others=1)
        for a, b in zip(first[differ], second[differ], strict=True)
    ]
    return [Alike(rate, len(chances), sum(chance <= rate for chance in chances)) for rate in RATES]
