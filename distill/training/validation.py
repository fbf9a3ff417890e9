"""The test during a training: how well the EMA student verifies LFW faces at its own size."""

from pathlib import Path

import numpy as np
import torch

from detectors.arrays import Chips, Float32
from distill.adapt.head import Head
from distill.config import Settings
from distill.data.resample import shrink
from distill.evaluate.models import open_cached_ensemble
from distill.metrics.lfw import read_faces, read_pairs
from distill.metrics.strict import strict_tar
from distill.metrics.verification import accuracy, pair_scores, tar_at_far
from distill.training.dataset import normalise_pixels, to_tensor
from distill.training.student import FlipTTA, Student
from recognizer.preprocess import l2_normalise


class Validation:
    """LFW pairs: small face against small face, and the teacher's sharp face against a small one.

    Without a test in the configuration it measures nothing. chips: the test's faces, BGR uint8 (N,size,size,3).
    """

    def __init__(self, settings: Settings, size: int, head: Head) -> None:
        self._pairs = None
        self.chips: Chips = np.zeros((0, size, size, 3), np.uint8)
        if not (settings.evaluate.images and settings.evaluate.pairs):
            return
        faces = read_faces(Path(settings.evaluate.images))
        self._pairs, self._people = read_pairs(Path(settings.evaluate.pairs), faces), faces.people
        self.chips = shrink(faces.images, size)
        self._sharp = head(open_cached_ensemble(settings).embed(faces.images, faces.images.shape[1]))

    def evaluate(self, student: Student) -> dict[str, float]:
        """Low-low and high-low accuracy, low-low TAR at FAR 1 %, and the strict rate high-low, all in per cent."""
        return self.metrics(embed(student, self.chips)) if self._pairs else {}

    def metrics(self, low: Float32) -> dict[str, float]:
        """The same from any model's unit rows (N,dim) of `chips`."""
        if self._pairs is None:
            return {}
        scores = pair_scores(low, low, self._pairs)
        across = pair_scores(self._sharp, low, self._pairs)
        return {
            "low_low": round(100 * accuracy(scores, self._pairs), 2),
            "tar_1e2": round(100 * tar_at_far(scores, self._pairs.same, (0.01,))[0.01], 2),
            "high_low": round(100 * accuracy(across, self._pairs), 2),
            "strict": round(100 * strict_tar(self._sharp, low, self._people), 2),
        }


def embed(student: Student | FlipTTA, chips: Chips, *, batch: int = 512) -> Float32:
    """Unit rows float32 (N,dim) of BGR uint8 (N,S,S,3), in evaluation mode; the student's mode is restored."""
    return l2_normalise(extract_features(student, chips, batch=batch))


@torch.no_grad()
def extract_features(student: Student | FlipTTA, chips: Chips, *, batch: int = 512) -> Float32:
    """The same rows before normalisation; their length is the student's estimate of quality."""
    training, device = student.training, next(student.parameters()).device
    student.eval()
    parts = [
        student(normalise_pixels(to_tensor(chips[start : start + batch]).to(device))).cpu()
        for start in range(0, len(chips), batch)
    ]
    student.train(training)
    features: Float32 = torch.cat(parts).numpy()
    return features
