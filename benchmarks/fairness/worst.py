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
STEPS = 12  # of the search for a factor
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

    def factor(self, group: Group, asked: float) -> tuple[float, Ratio]:
        """The factor at which the rate that was asked for holds for the group, and the ratio there.

        Tails differ in slope, so the ratio is taken where the factor puts the threshold.
        """
        found = self.ratio(group, asked)
        factor = max(1.0, found.value)
        for _ in range(STEPS):
            found = self.ratio(group, asked / factor)
            if not np.isfinite(found.value):
                break
            factor = max(1.0, (factor * max(found.value, 1.0)) ** 0.5)
        return factor, found
