"""Adaptation heads side by side: what fewer dimensions keep of the teacher, by how the head is fitted.

    python -m benchmarks.adaptation_heads configs/distill.yaml [--write docs/training/findings.md]

needs `python -m distill adapt` to have run, and uses the features it read again. The strict rates choose the head: TAR
at FAR 1e-5 over all pairs of LFW faces, sharp against sharp and against 16 px. *Spread* is the standard deviation of
the cosines of strangers.
"""

import argparse
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import msgspec

from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from detectors.arrays import Float32
from distill.adapt.head import Head
from distill.adapt.stage import closed_form_head, sample_features
from distill.config import AdaptSettings, Settings, read_settings
from distill.evaluate.adaptation import AdaptationTest
from distill.teacher.ensemble import open_ensemble
from distill.work_folder import WorkFolder

DIMS, NOISE_WEIGHTS = (128, 192, 256, 384), (0.1, 0.3, 1.0)
HEADS = ["head", "dim", "noise", "whiten", "strict sharp", "strict 16 px", "spread", "sharp", "low-low", "high-low"]
HEADS += ["cosine sharp, low"]


def main() -> None:
    """Print the table."""
    options = _parser().parse_args()
    settings = read_settings(options.config, Settings, options.overrides)
    test = AdaptationTest(settings)
    work, teacher = WorkFolder(Path(settings.work)), open_ensemble(settings)
    sharp, low = sample_features(settings.adapt, work, teacher, seed=settings.seed)
    rows = [["none, all dimensions", str(sharp.shape[1]), "", "", *_cells(test, None, (test.sharp * test.low).sum(1))]]
    for variant in variants(settings.adapt):
        head = closed_form_head(sharp, low, variant, seed=settings.seed)
        noise = "" if variant.start == "pca" else f"{variant.noise_weight:g}"
        cosines = (head(sharp) * head.project_low(low)).sum(axis=1)
        rows.append([variant.start, str(variant.dim), noise, f"{variant.whiten:g}", *_cells(test, head, cosines)])
    text = f"{provenance('benchmarks.adaptation_heads')}\n\n{table(HEADS, rows, align_right=True)}"
    print_markdown(text)
    if options.write:
        write_section(options.write, "adaptation heads", text)


def variants(settings: AdaptSettings) -> Iterator[AdaptSettings]:
    """The heads to compare: PCA, the dimensions and noise weights with whitening, and half of it as shipped before."""
    change = msgspec.structs.replace
    yield change(settings, start="pca", dim=256, noise_weight=0.0, whiten=1.0)
    yield change(settings, start="lda", dim=128, noise_weight=1.0, whiten=0.5)
    for dim, noise in product(DIMS, NOISE_WEIGHTS):
        yield change(settings, start="lda", dim=dim, noise_weight=noise, whiten=1.0)


def _cells(test: AdaptationTest, head: Head | None, cosines: Float32) -> list[str]:
    strict, accuracies = test.strict_rates(head), test.accuracies(head)
    cells = [f"{strict['sharp']:.1f}", f"{strict['high_low']:.1f}", f"{strict['spread']:.3f}"]
    return [*cells, *(f"{value:.1f}" for value in accuracies.values()), f"{cosines.mean():.3f}"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Adaptation heads side by side.")
    parser.add_argument("config", type=Path)
    parser.add_argument("--write", type=Path, metavar="MD", help="also put the table into this document")
    parser.add_argument("overrides", nargs="*", metavar="key=value")
    return parser


if __name__ == "__main__":
    main()
