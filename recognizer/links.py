"""Whether two tracks show one person: the chance that templates of two strangers are so alike.

Both sides are templates of small faces. Strangers among them are more alike than a sharp photograph and a template, and
the more so the more looks a template pools: it has a calibration of its own (`python -m recognizer.calibrate_links`).
"""

from dataclasses import dataclass

from detectors.arrays import Float32
from recognizer.calibration import Calibration, over_comparisons
from recognizer.normalisation import Cohort, Nearness


@dataclass(frozen=True, slots=True)
class Links:
    """Compares templates of one model. calibration: of pairs of templates, by the smaller face height and `link_looks`.

    cohort: the strangers that the scores are relative to.
    """

    calibration: Calibration
    cohort: Cohort

    @property
    def model_id(self) -> str:
        """The embedding space of the templates."""
        return self.calibration.model_id

    def nearness(self, templates: Float32) -> Nearness:
        """What strangers score with unit vectors (N,D)."""
        return self.cohort.nearness(templates)

    def scores(self, templates: Float32, near: Nearness, others: Float32, near_others: Nearness) -> Float32:
        """Scores (N,M) of unit vectors (N,D) and (M,D), with the `nearness` of each."""
        return self.cohort.normalise(templates @ others.T, near, near_others)

    def chance(self, score: float, px: float, looks: float, *, others: int) -> float:
        """The chance that a stranger's template scores as high with any of so many others.

        px: the smaller face height of the two, pixels.  looks: `link_looks`.
        """
        return over_comparisons(self.calibration.rate(px, looks, score), others)

    def least_score(self, chance: float, *, others: int) -> float:
        """A score that every pair reaches whose `chance` is at most this, whatever its size and looks."""
        rate = 1 - (1 - chance) ** (1 / max(others, 1))
        bands = self.calibration.bands
        return min(self.calibration.threshold(band.px, band.looks, rate) for band in bands)


def link_looks(first: float, second: float) -> float:
    """The looks that count for a pair of templates: the harmonic mean.

    Thresholds are interpolated in 1 / looks, and both sides add their share of it.
    """
    return 2 / (1 / max(first, 1.0) + 1 / max(second, 1.0))
