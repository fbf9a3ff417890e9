"""Which group is worst, and how many times lower a rate must be asked for so that it holds for that group too.

A rate is asked of a calibration, which was measured on the people of LFW. Labels of these are not at hand, but their
mix is known: 83.5 % White and 77.5 % men (Han and Jain, Age, gender and race estimation from unconstrained face images,
2014, quoted by Buolamwini and Gebru, Gender Shades, 2018). The people of UTKFace who are 20 or older, weighted to that
mix, stand for them. The students learnt from UTKFace, which makes all its rates too low; a ratio of two of them is not
touched by that as far as it is alike for all groups.

Portraits are compared with those of the United Kingdom and the United States, mostly of White men too. They have names,
so that no pair of one person is among them, and none has to be set aside.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.fairness.matches import Counter, Rate
from benchmarks.fairness.people import ORIGINS, SEXES, Group, Person
from detectors.arrays import Float32, Float64, Mask

WHITE_SHARE, MALE_SHARE, ADULT = 0.835, 0.775, 20
LEAST_EXPECTED = 10  # matches at the asked rate, all face heights together: smaller groups are not called the worst
FACTORS = np.geomspace(1, 1e4, 81)  # that are tried; each asks for 11 % less than the one before
SELECTABLE = ("origin", "sex", "age")  # portraits of a country are of one series, and alike as pictures


@dataclass(frozen=True, slots=True)
class Ratio:
    """A group's rate as a multiple of that of the calibration's mix. least, most: 95 %."""

    value: float
    least: float
    most: float

    @classmethod
    def of(cls, rate: Rate, mix: Rate) -> "Ratio":
        """Both of the same drawn people; without a match, only the upper end is told."""
        if not mix.matches:
            return cls(np.nan, np.nan, np.nan)
        if not rate.matches:
            return cls(0.0, 0.0, rate.interval[1] / mix.value)
        ratios: Float64 = rate.draws / np.maximum(mix.draws, 1e-12)
        least, most = np.quantile(ratios, (0.025, 0.975))
        return cls(rate.value / mix.value, float(least), float(most))


def calibration_mix(people: Sequence[Person]) -> Float32:
    """How much everybody counts, so that adults of UTKFace have the mix of the calibration's people, (P,)."""
    weights = np.zeros(len(people), np.float32)
    cells = [(origin, sex) for origin in ORIGINS for sex in SEXES]
    for origin, sex in cells:
        rows = [row for row, one in enumerate(people) if (one.origin, one.sex) == (origin, sex) and one.age >= ADULT]
        of_origin = WHITE_SHARE if origin == ORIGINS[0] else (1 - WHITE_SHARE) / (len(ORIGINS) - 1)
        of_sex = MALE_SHARE if sex == SEXES[0] else 1 - MALE_SHARE
        weights[rows] = of_origin * of_sex / max(len(rows), 1)
    return np.asarray(weights / max(weights.max(), 1e-12), np.float32)


@dataclass(frozen=True)
class Judge:
    """Compares groups with people like those of the calibration, at the rate that a decision asks of one comparison.

    weights: of the calibration's mix (P,).  everybody: of UTKFace.  portraits: those that come nearest to the mix.
    """

    counter: Counter
    weights: Float32
    everybody: Mask
    portraits: Mask

    def mix(self, asked: float, kind: str = "") -> Rate:
        """The rate of people like those of the calibration; for countries, of the portraits that come nearest."""
        if kind == "country":
            return self.counter.rate(self.portraits, self.portraits, asked)
        adults = self.weights > 0
        return self.counter.rate(adults, adults, asked, weights=self.weights)

    def ratio(self, group: Group, asked: float) -> Ratio:
        """Of people of the group with people of the group."""
        return Ratio.of(self.counter.rate(group.members, group.members, asked), self.mix(asked, group.kind))

    def is_large(self, group: Group, asked: float) -> bool:
        """Whether so many matches are expected that the group may be called the worst."""
        count = int(group.members.sum())
        return count * (count - 1) * len(self.counter.found) * asked >= LEAST_EXPECTED

    def worst(self, groups: Sequence[Group], asked: float) -> Group:
        """The group with the highest ratio, of those that are large."""
        fit = [group for group in groups if group.kind in SELECTABLE and self.is_large(group, asked)]
        return max(fit, key=lambda group: float(np.nan_to_num(self.ratio(group, asked).value)))

    def factor(self, group: Group, asked: float) -> Ratio:
        """How many times lower a rate must be asked for, so that the group has the rate that the mix has at `asked`.

        Tails differ in slope, so this is not the ratio at `asked`. The mix is counted there alone: lower rates leave it
        without matches. The last of FACTORS where none is enough.
        """
        mix = self.mix(asked)
        rates = [self.counter.rate(group.members, group.members, asked / factor) for factor in FACTORS]
        drawn = _first_factor(np.stack([rate.draws for rate in rates]) <= mix.draws)
        least, most = np.quantile(drawn, (0.025, 0.975))
        value = _first_factor(np.array([[rate.value <= mix.value] for rate in rates]))
        return Ratio(float(value[0]), float(least), float(most))


def _first_factor(enough: Mask) -> Float64:
    """Of each column of (FACTORS, R), the first factor that is enough."""
    rows = np.where(enough.any(axis=0), enough.argmax(axis=0), len(FACTORS) - 1)
    return np.asarray(FACTORS[rows], np.float64)
