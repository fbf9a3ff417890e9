"""Whether the length of a student's feature says how well it read the face, which would make it a quality estimate.

LFW is read in views as bad as in training (misaligned, shrunk, blurred, noisy, compressed), and each feature compared
with the sharp face's target. rank correlation: of length and that cosine, Spearman's. Then LFW's pairs, low against
low: the accuracy of all of them, and of the half whose shorter feature is longer; beside it the half that the cosines
themselves would choose, which nobody knows in practice.

    python -m benchmarks.feature_norms configs/distill.yaml [--student s16 …]
"""

from pathlib import Path

import numpy as np
from rich.console import Console

from benchmarks.generalisation import asked
from detectors.arrays import Float32, Float64, Mask
from distill.adapt.stage import read_head
from distill.config import Settings
from distill.data.degrade import degrade
from distill.evaluate.models import open_cached_ensemble
from distill.metrics.lfw import LfwFaces, Pairs, read_faces, read_pairs
from distill.metrics.verification import accuracy, pair_scores
from distill.teacher.model import l2_normalise
from distill.training.students import load_student
from distill.training.validation import features


def main() -> None:
    settings, names = asked(__doc__.splitlines()[0])
    faces = read_faces(Path(settings.evaluate.images))
    pairs = read_pairs(Path(settings.evaluate.pairs), faces)
    teacher = open_cached_ensemble(settings).embed(faces.images, faces.images.shape[1])
    sharp = read_head(Path(settings.work))(teacher)
    lines = [
        "| student | rank correlation | all pairs, % | half with long features, % | half with high cosines, % |",
        "| --- |" + " ---: |" * 4,
    ]
    lines += [line(settings, name, faces, sharp, pairs) for name in names]
    Console(soft_wrap=True, highlight=False, markup=False).print("\n".join(lines))


def line(settings: Settings, name: str, faces: LfwFaces, sharp: Float32, pairs: Pairs) -> str:
    """One student's row of the table. sharp: the sharp faces' targets, unit rows (N,D)."""
    mine = settings.students[name]
    views = degrade(faces.images, mine.size, mine.degrade, np.random.default_rng(settings.seed))
    raw = features(load_student(settings, name), views)
    read, lengths = l2_normalise(raw), np.linalg.norm(raw, axis=1).astype(np.float64)
    cosines = (read * sharp).sum(axis=1).astype(np.float64)
    scores = pair_scores(read, read, pairs)
    figures = [
        accuracy(scores, pairs),
        *(accuracy(scores[best], chosen(pairs, best)) for best in (_best(lengths, pairs), _best(cosines, pairs))),
    ]
    cells = [f"{rank_correlation(lengths, cosines):.2f}", *(f"{100 * value:.1f}" for value in figures)]
    return f"| {name} | {' | '.join(cells)} |"


def rank_correlation(first: Float64, second: Float64) -> float:
    """Spearman's, of values without ties (N,)."""
    ranks = np.array([np.argsort(np.argsort(values)) for values in (first, second)])
    return float(np.corrcoef(ranks)[0, 1])


def chosen(pairs: Pairs, some: Mask) -> Pairs:
    """These pairs alone, in their folds."""
    return Pairs(pairs.first[some], pairs.second[some], pairs.same[some], pairs.fold[some])


def _best(quality: Float64, pairs: Pairs) -> Mask:
    worse = np.minimum(quality[pairs.first], quality[pairs.second])
    return np.asarray(worse >= np.median(worse))


if __name__ == "__main__":
    main()
