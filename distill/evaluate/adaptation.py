"""LFW accuracy of the teacher before and after the adaptation head: sharp, low-resolution and across both."""

from pathlib import Path

from detectors.arrays import Float32
from distill.adapt.head import Head
from distill.config import Settings
from distill.evaluate.models import open_cached_ensemble
from distill.metrics.lfw import read_faces, read_pairs
from distill.metrics.verification import accuracy, pair_scores


class AdaptationTest:
    """The teacher's features (N,D) of the test faces at 112 pixels and at `adapt.low_px`."""

    def __init__(self, settings: Settings) -> None:
        """Read the test. Raises DistillError, OSError if it is missing or damaged."""
        faces = read_faces(Path(settings.evaluate.images))
        self._pairs = read_pairs(Path(settings.evaluate.pairs), faces)
        teacher = open_cached_ensemble(settings)
        self.sharp = teacher.embed(faces.images, faces.images.shape[1])
        self.low = teacher.embed(faces.images, round(settings.adapt.low_px))

    def accuracies(self, head: Head | None) -> dict[str, float]:
        """Return accuracies in per cent (`sharp`, `low_low`, `high_low`); None stands for no head."""
        sharp, low = (self.sharp, self.low) if head is None else (head(self.sharp), head.project_low(self.low))
        sides = {"sharp": (sharp, sharp), "low_low": (low, low), "high_low": (sharp, low)}
        return {name: self._accuracy(first, second) for name, (first, second) in sides.items()}

    def _accuracy(self, first: Float32, second: Float32) -> float:
        return round(100 * accuracy(pair_scores(first, second, self._pairs), self._pairs), 2)
