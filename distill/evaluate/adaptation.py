"""What the adaptation head does to the teacher: LFW sharp, small, and one against the other, before and after."""

from pathlib import Path

from detectors.arrays import Float32
from distill.adapt.head import Head
from distill.config import Settings
from distill.evaluate.models import open_cached_ensemble
from distill.metrics.lfw import read_faces, read_pairs
from distill.metrics.verification import accuracy, pair_scores


class AdaptationTest:
    """The teacher's features of the test at 112 pixels and at the head's low size, read once."""

    def __init__(self, settings: Settings) -> None:
        """Raises DistillError, OSError where the test is not as configured."""
        faces = read_faces(Path(settings.evaluate.images))
        self._pairs = read_pairs(Path(settings.evaluate.pairs), faces)
        teacher = open_cached_ensemble(settings)
        self.sharp = teacher.embed(faces.images, faces.images.shape[1])
        self.low = teacher.embed(faces.images, round(settings.adapt.low_px))

    def accuracies(self, head: Head | None) -> dict[str, float]:
        """Accuracies in per cent: sharp, low-low, high-low; None reads the teacher's own features."""
        sharp, low = (self.sharp, self.low) if head is None else (head(self.sharp), head.project_low(self.low))
        return {"sharp": self._read(sharp, sharp), "low_low": self._read(low, low), "high_low": self._read(sharp, low)}

    def _read(self, first: Float32, second: Float32) -> float:
        return round(100 * accuracy(pair_scores(first, second, self._pairs), self._pairs), 2)
