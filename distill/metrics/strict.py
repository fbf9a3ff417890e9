"""The strict rate: what share of a person's photographs is found where one stranger in 100,000 comparisons is taken.

A watch list of 77 people that may give one false alarm in a thousand strangers works at that rate. Accuracy on balanced
pairs hides it: two models of 95 % can differ by a factor of two here.
"""

from collections.abc import Sequence

import numpy as np

from detectors.arrays import AnyFloat, Float32, Float64

FAR = 1e-5
ROWS = 512  # faces compared at once


def strict_tar(gallery: AnyFloat, probes: AnyFloat, people: Sequence[str], *, far: float = FAR) -> float:
    """The true accept rate at `far` over all ordered pairs of two different photographs.

    gallery, probes: unit rows (N,D) of the same N photographs, each side at its own size. people: who is on each.
    """
    return tar_of_scores(gallery @ probes.T, people, far=far)


def tar_of_scores(scores: AnyFloat, people: Sequence[str], *, far: float = FAR) -> float:
    """The same from any scores (N,N) of gallery rows against probe columns; the diagonal is left out."""
    genuine, impostor = split_scores(scores, people)
    allowed = int(np.floor(far * len(impostor) + 1e-9))
    limit = np.partition(impostor, len(impostor) - 1 - allowed)[len(impostor) - 1 - allowed]
    return float((genuine > limit).mean())


def split_scores(scores: AnyFloat, people: Sequence[str]) -> tuple[Float64, Float32]:
    """Scores of one person's photographs (P,), and of different people's (Q,), from (N,N)."""
    names = np.unique(np.asarray(people), return_inverse=True)[1]
    genuine, impostor = [], []
    for start in range(0, len(names), ROWS):
        block, own = scores[start : start + ROWS], names[start : start + ROWS, None]
        same = own == names
        impostor.append(np.asarray(block[~same], np.float32))
        same[np.arange(len(block)), np.arange(start, start + len(block))] = False
        genuine.append(np.asarray(block[same], np.float64))
    return np.concatenate(genuine), np.concatenate(impostor)


def spread_of_strangers(gallery: AnyFloat, probes: AnyFloat, people: Sequence[str]) -> float:
    """Standard deviation of the cosines of different people's photographs."""
    return float(split_scores(gallery @ probes.T, people)[1].std())
