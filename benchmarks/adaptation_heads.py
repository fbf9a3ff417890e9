"""Adaptation heads side by side: what 128 dimensions keep of the teacher, by how the head is started.

    python -m benchmarks.adaptation_heads configs/distill.yaml

needs `python -m distill adapt` to have run: the features it read are used again.
"""

import argparse
from itertools import product
from pathlib import Path

import msgspec
import numpy as np
from rich.console import Console

from distill.adapt.stage import closed_form_head, sample_features
from distill.config import Settings, read_settings
from distill.evaluate.adaptation import AdaptationTest
from distill.teacher.ensemble import open_ensemble

DAMPINGS, WHITENINGS = (0.0, 0.1, 0.3, 1.0, 3.0), (0.0, 0.5, 1.0)


def main() -> None:
    parser = argparse.ArgumentParser(description="Adaptation heads side by side.")
    parser.add_argument("config", type=Path)
    parser.add_argument("overrides", nargs="*", metavar="key=value")
    arguments = parser.parse_args()
    settings = read_settings(arguments.config, Settings, arguments.overrides)
    bridge = AdaptationTest(settings)
    teacher = open_ensemble(settings)
    sharp, low = sample_features(settings.adapt, Path(settings.work), teacher, seed=settings.seed)
    lines = [
        "| head | damping | whiten | sharp | low-low | high-low | cosine sharp, low |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        _line("none, all dimensions", bridge.accuracies(None), (bridge.sharp * bridge.low).sum(axis=1)),
    ]
    for start, damping, whiten in [*product(["pca"], [0.0], WHITENINGS), *product(["steady"], DAMPINGS, WHITENINGS)]:
        chosen = msgspec.structs.replace(settings.adapt, start=start, damping=damping, whiten=whiten)
        head = closed_form_head(sharp, low, chosen, seed=settings.seed)
        agreement = (head(sharp) * head.project_low(low)).sum(axis=1)
        shown = f"{start} | {damping if start == 'steady' else ''} | {whiten}"
        lines.append(_line(shown, bridge.accuracies(head), agreement))
    Console(soft_wrap=True, highlight=False, markup=False).print("\n".join(lines))


def _line(name: str, figures: dict[str, float], agreement: np.ndarray) -> str:
    cells = name if "|" in name else f"{name} | |"
    values = " | ".join(f"{value:.1f}" for value in figures.values())
    return f"| {cells} | {values} | {agreement.mean():.3f} |"


if __name__ == "__main__":
    main()
