"""Adaptation heads side by side: what 128 dimensions keep of the teacher, by how the head is fitted.

    python -m benchmarks.adaptation_heads configs/distill.yaml

needs `python -m distill adapt` to have run, and uses the features it read again.
"""

import argparse
from itertools import product
from pathlib import Path

import msgspec

from benchmarks.section import print_markdown
from configs.markdown import table
from detectors.arrays import Float32
from distill.adapt.stage import closed_form_head, sample_features
from distill.config import Settings, read_settings
from distill.evaluate.adaptation import AdaptationTest
from distill.teacher.ensemble import open_ensemble
from distill.work_folder import WorkFolder

NOISE_WEIGHTS, WHITENINGS = (0.0, 0.1, 0.3, 1.0, 3.0), (0.0, 0.5, 1.0)
HEADS = ["head", "noise", "whiten", "sharp", "low-low", "high-low", "cosine sharp, low"]


def main() -> None:
    """Print the table."""
    options = _parser().parse_args()
    settings = read_settings(options.config, Settings, options.overrides)
    test = AdaptationTest(settings)
    work, teacher = WorkFolder(Path(settings.work)), open_ensemble(settings)
    sharp, low = sample_features(settings.adapt, work, teacher, seed=settings.seed)
    all_dimensions = _cells(test.accuracies(None), (test.sharp * test.low).sum(axis=1))
    rows = [["none, all dimensions", "", "", *all_dimensions]]
    for start, noise, whiten in [*product(["pca"], [0.0], WHITENINGS), *product(["lda"], NOISE_WEIGHTS, WHITENINGS)]:
        variant = msgspec.structs.replace(settings.adapt, start=start, noise_weight=noise, whiten=whiten)
        head = closed_form_head(sharp, low, variant, seed=settings.seed)
        cells = _cells(test.accuracies(head), (head(sharp) * head.project_low(low)).sum(axis=1))
        rows.append([start, "" if start == "pca" else str(noise), str(whiten), *cells])
    print_markdown(table(HEADS, rows, align_right=True))


def _cells(accuracies: dict[str, float], cosines: Float32) -> list[str]:
    return [*(f"{value:.1f}" for value in accuracies.values()), f"{cosines.mean():.3f}"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Adaptation heads side by side.")
    parser.add_argument("config", type=Path)
    parser.add_argument("overrides", nargs="*", metavar="key=value")
    return parser


if __name__ == "__main__":
    main()
