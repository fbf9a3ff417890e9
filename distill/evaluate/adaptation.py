"""LFW figures of the teacher before and after the adaptation head: sharp, low-resolution and across both."""

from pathlib import Path

from detectors.arrays import Float32
from distill.adapt.head import Head
from distill.config import Settings
from distill.evaluate.models import open_cached_ensemble
from distill.metrics.lfw import read_faces, read_pairs
from distill.metrics.strict import spread_of_strangers, strict_tar
from distill.metrics.verification import accuracy, pair_scores


class AdaptationTest:
    """The teacher's features (N,D) of the test faces at 112 pixels and at `adapt.low_px`."""

    def __init__(self, settings: Settings) -> None:
        """Read the test. Raises DistillError, OSError if it is missing or damaged."""
        faces = read_faces(Path(settings.evaluate.images))
        self._pairs, self._people = read_pairs(Path(settings.evaluate.pairs), faces), faces.people
        teacher = open_cached_ensemble(settings)
        self.sharp = teacher.embed(faces.images, faces.images.shape[1])
        self.low = teacher.embed(faces.images, round(settings.adapt.low_px))

    def accuracies(self, head: Head | None) -> dict[str, float]:
        """Return accuracies in per cent (`sharp`, `low_low`, `high_low`); None stands for no head."""
        sharp, low = self._project(head)
        sides = {"sharp": (sharp, sharp), "low_low": (low, low), "high_low": (sharp, low)}
        return {name: self._accuracy(first, second) for name, (first, second) in sides.items()}

    def strict_rates(self, head: Head | None) -> dict[str, float]:
        """Return TAR at FAR 1e-5 over all pairs in per cent (`sharp`, `high_low`), and the `spread` of strangers."""
        sharp, low = self._project(head)
        rates = {"sharp": strict_tar(sharp, sharp, self._people), "high_low": strict_tar(sharp, low, self._people)}
        spread = spread_of_strangers(sharp, sharp, self._people)
        return {**{name: round(100 * rate, 1) for name, rate in rates.items()}, "spread": round(spread, 3)}

    def _project(self, head: Head | None) -> tuple[Float32, Float32]:
        return (self.sharp, self.low) if head is None else (head(self.sharp), head.project_low(self.low))

    def _accuracy(self, first: Float32, second: Float32) -> float:
        return round(100 * accuracy(pair_scores(first, second, self._pairs), self._pairs), 2)
