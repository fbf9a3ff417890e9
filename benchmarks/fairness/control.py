"""Strangers who were not learnt from, at the same thresholds: whether faces are read and compared as in decisions."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.fairness.matches import Counter, Rate, draw_people, find_matches
from benchmarks.fairness.readings import read_everybody
from detectors.arrays import Image
from recognizer.base import Recognizer
from recognizer.load import Scoring
from recognizer.population import read_people

SEED = 1


def read_strangers(source: Path, *, most: int) -> list[Image]:
    """The first picture of so many people, drawn at random, of a zip of `person/picture`. Raises as `read_people`."""
    people = read_people(source)
    names = sorted(people)
    drawn = sorted(np.random.default_rng(SEED).permutation(len(names))[:most])
    return [people[names[row]][0] for row in drawn]


def count_control(
    recognizer: Recognizer, scoring: Scoring, pictures: Sequence[Image], asked: float, *, cache: Path | None
) -> Rate:
    """False matches of strangers among themselves, all face heights together, at the threshold for a rate."""
    read = read_everybody(recognizer, pictures, cache=cache)
    found = {px: find_matches(views, read.faces, px, scoring) for px, views in read.views.items()}
    draws = draw_people(np.zeros(len(pictures), np.intp))
    everybody = np.ones(len(pictures), np.bool_)
    return Counter(scoring.calibration, found, draws).rate(everybody, everybody, asked)
