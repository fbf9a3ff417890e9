"""Measures whether the length of a student's feature estimates the quality of the face.

LFW is read in views as degraded as in training, and each feature is compared with the sharp face's target. The table
gives Spearman's rank correlation of length and that cosine. Then it gives the accuracy on LFW's pairs, low against low:
of all pairs, of the half in which the shorter feature is longest, and of the half that the cosines themselves would
choose, which are unknown in practice.

    python -m benchmarks.feature_norms configs/distill.yaml [--student s16 …]
"""

from pathlib import Path

import numpy as np

from benchmarks.generalisation import read_options
from benchmarks.lfw_sheets import select_pairs
from benchmarks.section import print_markdown
from configs.markdown import table
from detectors.arrays import Float32, Float64, Mask
from distill.adapt.stage import read_head
from distill.config import Settings
from distill.data.degrade import degrade
from distill.evaluate.models import open_cached_ensemble
from distill.metrics.lfw import LfwFaces, Pairs, read_faces, read_pairs
from distill.metrics.verification import accuracy, pair_scores
from distill.training.students import load_student
from distill.training.validation import extract_features
from distill.work_folder import WorkFolder
from recognizer.preprocess import l2_normalise

HEADS = ["student", "rank correlation", "all pairs, %", "half with long features, %", "half with high cosines, %"]


def main() -> None:
    """Print the table."""
    settings, names = read_options(__doc__.splitlines()[0])
    faces = read_faces(Path(settings.evaluate.images))
    pairs = read_pairs(Path(settings.evaluate.pairs), faces)
    teacher = open_cached_ensemble(settings).embed(faces.images, faces.images.shape[1])
    sharp = read_head(WorkFolder(Path(settings.work)))(teacher)
    rows = [[name, *_cells(settings, name, faces, sharp, pairs)] for name in names]
    print_markdown(table(HEADS, rows, align_right=True))


def _cells(settings: Settings, name: str, faces: LfwFaces, sharp: Float32, pairs: Pairs) -> list[str]:
    """One student's row. sharp: the sharp faces' targets, unit rows (N,D)."""
    student = settings.students[name]
    views = degrade(faces.images, student.size, student.degrade, np.random.default_rng(settings.seed))
    raw = extract_features(load_student(settings, name), views)
    vectors, norms = l2_normalise(raw), np.linalg.norm(raw, axis=1).astype(np.float64)
    cosines = (vectors * sharp).sum(axis=1).astype(np.float64)
    scores = pair_scores(vectors, vectors, pairs)
    accuracies = [accuracy(scores, pairs)]
    for quality in (norms, cosines):
        half = better_half(quality, pairs)
        accuracies.append(accuracy(scores[half], select_pairs(pairs, half)))
    return [f"{rank_correlation(norms, cosines):.2f}", *(f"{100 * value:.1f}" for value in accuracies)]


def rank_correlation(first: Float64, second: Float64) -> float:
    """Spearman's, of values without ties (N,)."""
    ranks = np.array([np.argsort(np.argsort(values)) for values in (first, second)])
    return float(np.corrcoef(ranks)[0, 1])


def better_half(quality: Float64, pairs: Pairs) -> Mask:
    """The half of the pairs (P,) whose worse face is best."""
    worse = np.minimum(quality[pairs.first], quality[pairs.second])
    return np.asarray(worse >= np.median(worse))


if __name__ == "__main__":
    main()
