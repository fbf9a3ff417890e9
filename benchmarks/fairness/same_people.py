"""Pairs of pictures that show one person, found by a recogniser that is not measured.

UTKFace names nobody, and shows some people more than once. Such a pair is no false match. Above which cosine two sharp
pictures show one person was looked at in sheets of pairs: of grown people, most above 0.45 and about half of those from
0.4 to 0.45 do; infants resemble each other so much to the recogniser that only above 0.7 many do. Two portraits of
politicians are of two people, but for those of the United Kingdom: a number in their names tells one person, and some
people have two numbers.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.fairness.kept import Arrays, keep
from benchmarks.fairness.matches import Matches
from benchmarks.fairness.people import GROWN, Person
from benchmarks.fairness.readings import digest_of
from detectors.arrays import Float32, Image, Mask
from detectors.runtime import Runtime
from recognizer.load import load_recognizer
from recognizer.onnx import load_chip_spec
from recognizer.reach_templates import read_once

SAME, SAME_CHILD = 0.4, 0.7  # cosines of sharp pictures by EdgeFace-XS
PROFILES = Path(__file__).parents[2] / "configs" / "recognizers"


def read_sharp(model: Path, pictures: Sequence[Image], *, cache: Path | None) -> Float32:
    """Vectors of aligned pictures by a model with a profile in configs/recognizers, (P,D)."""

    def read() -> Arrays:
        spec = load_chip_spec(str(PROFILES / f"{model.stem}.yaml"))
        return {"vectors": read_once(load_recognizer(model, spec=spec, runtime=Runtime()), pictures)}

    vectors: Float32 = keep(cache, f"sharp-{model.stem}-{digest_of(pictures)}", read)["vectors"]
    return vectors


def are_alike(matches: Matches, sharp: Float32, people: Sequence[Person]) -> Mask:
    """Which matches (K,) have sharp pictures as alike as those of one person, whoever they are."""
    cosines = np.einsum("kd,kd->k", sharp[matches.probes], sharp[matches.faces])
    young = np.array([0 <= one.age < GROWN for one in people])
    least = np.where(young[matches.probes] & young[matches.faces], SAME_CHILD, SAME)
    return np.asarray(cosines >= least, np.bool_)


def set_aside(found: Mapping[int, Matches], sharp: Float32, people: Sequence[Person]) -> dict[int, Matches]:
    """The matches of two people, by face height."""
    kept = {}
    for px, matches in found.items():
        told = _are_named(matches, people)
        one = are_alike(matches, sharp, people) | _have_one_number(matches, people)
        kept[px] = matches.of(told | ~one)
    return kept


def share_lost(
    found: Mapping[int, Matches], sharp: Float32, people: Sequence[Person], lowest: Mapping[int, float]
) -> float:
    """The share of the false matches of named portraits that the rule would set aside, of scores from `lowest` on."""
    lost, count = 0, 0
    for px, matches in found.items():
        own = matches.of(_are_named(matches, people) & (matches.scores >= lowest[px]))
        lost, count = lost + int(are_alike(own, sharp, people).sum()), count + len(own.scores)
    return lost / max(count, 1)


def _are_named(matches: Matches, people: Sequence[Person]) -> Mask:
    """Of two portraits of sets with one picture of each person."""
    named = np.array([bool(one.country) and not one.number for one in people])
    return np.asarray(named[matches.probes] & named[matches.faces], np.bool_)


def _have_one_number(matches: Matches, people: Sequence[Person]) -> Mask:
    numbers = np.array([one.number for one in people])
    return np.asarray((numbers[matches.probes] == numbers[matches.faces]) & (numbers[matches.probes] != ""), np.bool_)
