"""Turns a false-alarm rate into a cosine threshold, by face size and number of looks.

Thresholds are measured quantiles of impostor cosines, not those of a fitted normal distribution: the right tail is
heavier, because people of one age, sex and origin look alike. A normal distribution would promise one false alarm in a
thousand and deliver several.
"""

import math
from bisect import bisect_left
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from statistics import NormalDist
from typing import Annotated, NamedTuple

import msgspec
import numpy as np
from msgspec import Meta

from configs.file_format import check_format
from configs.read import ConfigurationError, load_yaml, to_settings
from recognizer.lengths import LengthBand
from recognizer.reach import Reach
from recognizer.worst_group import WORST, Groups, WorstGroup

__all__ = [
    "Band",
    "Calibration",
    "continue_by",
    "load_calibration",
    "over_comparisons",
    "per_comparison",
    "read_calibration",
    "uncalibrated",
]

FORMAT = 1
"""The newest format of a file with a calibration; files without the key are of format 1."""
RATES = (0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6)
_NORMAL = NormalDist()


class Band(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Impostor cosines between sharp photographs and templates of `looks` looks (`Evidence.looks`) at faces `px` high.

    mean, std: of all cosines, for information.  tail: the cosine exceeded at each of the calibration's `rates`.
    """

    px: Annotated[float, Meta(gt=0)]
    looks: Annotated[float, Meta(ge=1)]
    mean: float
    std: float
    tail: tuple[float, ...]


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Impostor statistics of one recogniser, with the command, data and date they come from.

    weights: `Recognizer.weights` of the very files that were measured.  cohort: `Cohort.digest` of the strangers that
    the scores are normalised against; empty: they are plain cosines.
    rates: false-alarm rates of one comparison, descending.  bands: one for each measured face size and number of looks.
    lengths: one for each measured face size; empty for a model that gives none.  reach: how far the tails can be
    continued, for galleries that need rarer rates than these; None where that was not measured.  worst_group: by how
    much the rates of one group of people are higher; None where that was not measured.
    """

    format: Annotated[int, Meta(ge=1, le=FORMAT)] = 1
    model_id: str
    weights: str = ""
    cohort: str = ""
    command: str
    data: str
    date: str
    rates: tuple[float, ...]
    bands: tuple[Band, ...]
    lengths: tuple[LengthBand, ...] = ()
    measured: bool = True
    reach: Reach | None = None
    worst_group: WorstGroup | None = None

    def __post_init__(self) -> None:
        if len(self.rates) < 2 or list(self.rates) != sorted(set(self.rates), reverse=True):
            raise ValueError(f"calibration.rates: expected two or more falling rates, got {self.rates}")
        if not self.bands or any(len(band.tail) != len(self.rates) for band in self.bands):
            raise ValueError(f"calibration.bands: expected at least one, each with {len(self.rates)} tail values")
        if not all(
            map(math.isfinite, (*self.rates, *(value for band in self.bands for value in (band.px, *band.tail))))
        ):
            raise ValueError("calibration: expected finite rates, sizes and tails, got one that is not")

    @property
    def smallest_px(self) -> float:
        """The smallest measured face height, in pixels."""
        return min(band.px for band in self.bands)

    def factor(self, groups: Groups) -> float:
        """How many times lower a rate must be asked for, so that it holds for these groups; 1 if that is not known."""
        return self.worst_group.factor if self.worst_group and groups == WORST else 1.0

    def threshold(self, px: float, looks: float, rate: float) -> float:
        """The cosine that strangers exceed at `rate` in one comparison, at this face height and number of looks.

        Interpolates linearly in log px, in 1 / looks and in the normal quantile of the rate. Sizes and looks outside
        the measured range count as the nearest measured ones. Rates below the last begin at the cosine of the last one
        and rise as the reach does; without a reach, by the last slope.
        """
        if self.reach is not None and rate < self.rates[-1]:
            continued = continue_by(self.reach).threshold(px, looks, rate)
            return self._last(px, looks) + max(0.0, continued - self._joint(self.reach, px, looks))
        return self._threshold(px, looks, rate)

    def _last(self, px: float, looks: float) -> float:
        """The cosine at the last rate."""
        return self._threshold(px, looks, self.rates[-1])

    def _joint(self, reach: Reach, px: float, looks: float) -> float:
        """The cosine of the reach at the last rate. Measured from other views, it is not quite that of `_last`."""
        return continue_by(reach).threshold(px, looks, self.rates[-1])

    def _threshold(self, px: float, looks: float, rate: float) -> float:
        sizes, (right, share) = _by_size(self.bands), self._place(rate)
        values = [size.at(looks, right, share) for size in sizes]
        return float(np.interp(math.log(max(px, 1e-3)), [size.log_px for size in sizes], values))

    def rate(self, px: float, looks: float, score: float) -> float:
        """The rate at which strangers reach a cosine in one comparison: the inverse of `threshold`.

        Scores outside the measured tail follow its first or last slope; the rate stays within 1e-15 to 0.5.
        """
        quantiles = [_quantile(rate) for rate in self.rates]
        scores = np.maximum.accumulate([self.threshold(px, looks, rate) for rate in self.rates])
        right = min(max(int(np.searchsorted(scores, score)), 1), len(scores) - 1)
        slope = (quantiles[right] - quantiles[right - 1]) / max(scores[right] - scores[right - 1], 1e-9)
        found = _NORMAL.cdf(-(quantiles[right - 1] + slope * (score - scores[right - 1])))
        return float(min(max(found, 1e-15), 0.5))

    def continued_rate(self, px: float, looks: float, score: float) -> float:
        """The same by the reach, for scores beyond the measured tail: the inverse of `threshold` there too."""
        if self.reach is None or score < (last := self._last(px, looks)):
            return self.rate(px, looks, score)
        above = self._joint(self.reach, px, looks) + score - last
        return min(continue_by(self.reach).rate(px, looks, above), self.rates[-1])

    def _place(self, rate: float) -> tuple[int, float]:
        """Between which tail values a rate lies: the index of the right one, and the share of the way to it.

        Interpolates in the normal quantile of the rate, in which a normal distribution is a straight line.
        """
        quantiles = [_quantile(value) for value in self.rates]
        wanted = _quantile(min(max(rate, 1e-15), 0.5))
        right = min(max(bisect_left(quantiles, wanted), 1), len(quantiles) - 1)
        return right, (wanted - quantiles[right - 1]) / (quantiles[right] - quantiles[right - 1])


@lru_cache(maxsize=4)
def continue_by(reach: Reach) -> Calibration:
    """The fitted tails of a reach, to interpolate in like any calibration's."""
    bands = tuple(Band(px=band.px, looks=band.looks, mean=0.0, std=0.0, tail=band.middle) for band in reach.bands)
    return Calibration(model_id="", command="", data="", date="", rates=reach.rates, bands=bands)


class _Size(NamedTuple):
    """The bands of one face size, by falling looks. log_px: of its height.  shares: 1 / looks of each."""

    log_px: float
    shares: tuple[float, ...]
    tails: tuple[tuple[float, ...], ...]

    def at(self, looks: float, right: int, share: float) -> float:
        """The cosine for so many looks at a place in the tails, as `Calibration._place` gives it."""
        values = [tail[right - 1] + share * (tail[right] - tail[right - 1]) for tail in self.tails]
        return float(np.interp(1 / max(looks, 1.0), self.shares, values))


@lru_cache(maxsize=16)
def _by_size(bands: tuple[Band, ...]) -> tuple[_Size, ...]:
    """The bands sorted for `threshold`, which every decision calls several times."""
    ordered = sorted(bands, key=lambda band: (band.px, -band.looks))
    groups = ((px, list(group)) for px, group in groupby(ordered, key=lambda band: band.px))
    return tuple(
        _Size(float(np.log(px)), tuple(1 / band.looks for band in group), tuple(band.tail for band in group))
        for px, group in groups
    )


@lru_cache(maxsize=256)
def _quantile(rate: float) -> float:
    """The value that a standard normal variable exceeds at this rate. Cached: every decision asks for the same few."""
    return -_NORMAL.inv_cdf(rate)


def per_comparison(rate: float, comparisons: int) -> float:
    """The rate of one comparison at which `comparisons` together keep `rate` (Šidák, JASA 1967)."""
    return -math.expm1(math.log1p(-rate) / max(comparisons, 1))


def over_comparisons(rate: float, comparisons: int) -> float:
    """The rate of `comparisons` together, from that of one comparison: the inverse of `per_comparison`."""
    return -math.expm1(comparisons * math.log1p(-rate))


def load_calibration(path: str | Path, model_id: str, *, weights: str, otherwise: str = "") -> Calibration:
    """Read a file written by `glimpse calibrate`, or one that holds it under `calibration:`.

    weights: `Recognizer.weights` of the recogniser that it shall be used with.  otherwise: ends the sentence that
    refuses it, with what else helps.
    Raises FileNotFoundError, and ValueError for a malformed file or the calibration of another model or other weights.
    """
    calibration = read_calibration(path)
    if calibration.model_id != model_id:
        raise ValueError(f"calibration {path}: expected one of model {model_id}, got {calibration.model_id}{otherwise}")
    if calibration.weights != weights:
        raise ValueError(
            f"calibration {path} was measured with other weights than {weights}, those of {model_id}; make one with"
            f" glimpse calibrate --recognizer MODEL --data PEOPLE --out {path}{otherwise}"
        )
    return calibration


def read_calibration(path: str | Path) -> Calibration:
    """Read a calibration of whatever model. Raises FileNotFoundError, and ValueError for a malformed file."""
    if not Path(path).exists():
        raise FileNotFoundError(f"calibration {path}: no such file")
    try:
        content = load_yaml(Path(path))
        found = content.get("calibration", content)
        check_format(found if isinstance(found, dict) else {}, FORMAT)
        return to_settings(found, Calibration)
    except ConfigurationError as error:
        raise ConfigurationError(f"calibration {path}: {error}") from error


def uncalibrated(model_id: str) -> Calibration:
    """Cautious thresholds for a model without a calibration: stricter than those of every recogniser measured."""
    return Calibration(
        model_id=model_id,
        command="",
        data="",
        date="",
        rates=RATES,
        bands=tuple(Band(px=px, looks=1, mean=0.0, std=0.0, tail=tail) for px, tail in UNCALIBRATED_TAILS),
        measured=False,
    )


# Above the tails in configs/recognizers at every size and rate; tests/recognizer/test_calibration.py checks it.
UNCALIBRATED_TAILS: tuple[tuple[float, tuple[float, ...]], ...] = (
    (8, (0.65, 0.75, 0.82, 0.87, 0.91, 0.94)),
    (16, (0.45, 0.55, 0.65, 0.72, 0.78, 0.83)),
    (32, (0.35, 0.45, 0.53, 0.60, 0.68, 0.80)),
)
