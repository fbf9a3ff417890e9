"""Whether the continued tail of strangers' scores holds for people it has not seen.

People are dealt into folds. A fit sees a small part of one fold's comparisons, so that it counts down to a rate of 1 in
5,000 and continues from there. How often its scores at rarer rates are reached is then counted in comparisons of people
of the other folds, as times of the rate that was asked for. *upper end holds*: in how many folds the upper end of the
interval was not reached more often than asked. `--templates`: what `recognizer.calibrate_reach` has read and kept.

    python -m benchmarks.tail_check --recognizer large --data lfw-view2.zip --templates large.npz
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from detectors.arrays import Float32, Index, Mask
from detectors.runtime import Runtime
from recognizer.calibrate_reach import score
from recognizer.load import load_recognizer, open_scoring
from recognizer.reach_templates import ReachTemplates, load_templates, read_templates
from recognizer.tail_fit import TailScores, continue_tail

FOLDS = 8
FITTED_PROBES, FITTED_FACES = 100, 500  # of a fold
RATES = (1e-4, 1e-5, 3e-6)
HEADS = ["face, px", "looks", "asked", "counted, median", "times what was asked", "upper end holds"]


class Check(NamedTuple):
    """Of one fold and rate: how often others exceed the middle score and the upper end of its interval."""

    rate: float
    middle: float
    most: float


def main() -> None:
    """Print the table, or write it into a document."""
    options = _parser().parse_args()
    recognizer = load_recognizer(options.recognizer, runtime=Runtime())
    scoring = open_scoring(recognizer, model=options.recognizer)
    if options.templates and options.templates.is_file():
        templates = load_templates(options.templates)
    else:
        none = np.zeros((0, recognizer.dim), np.float32)
        templates = read_templates(recognizer, options.data, scoring.calibration.lengths, probes=1000, learnt=none)
    near = scoring.cohort.nearness(templates.faces) if scoring.cohort else None
    rows = []
    for view in templates.views:
        scores = score(view.templates, templates.faces, scoring, near)
        checks = list(check_folds(scores, templates))
        rows += [list_row(view.px, view.looks, rate, checks) for rate in RATES]
    text = f"{table(HEADS, rows, align_right=True)}\n\n{provenance('benchmarks.tail_check')}"
    print_markdown(text)
    if options.write:
        write_section(options.write, "tail check", text)


def check_folds(scores: Float32, templates: ReachTemplates) -> Iterator[Check]:
    """scores: of views and faces, (T,F)."""
    probes, owners = np.array(templates.probes), np.array(templates.people)
    folds = deal(owners)
    for fold in range(FOLDS):
        seen_probes = np.flatnonzero(np.isin(probes, folds[fold]))[:FITTED_PROBES]
        seen_faces = draw(np.flatnonzero(np.isin(owners, folds[fold])), FITTED_FACES, fold)
        seen = strangers_of(probes[seen_probes], owners[seen_faces])
        curve = continue_tail(TailScores.of(scores[np.ix_(seen_probes, seen_faces)], seen), RATES)
        other_probes = np.flatnonzero(~np.isin(probes, folds[fold]))
        other_faces = np.flatnonzero(~np.isin(owners, folds[fold]))
        others = scores[np.ix_(other_probes, other_faces)]
        apart = strangers_of(probes[other_probes], owners[other_faces])
        for rate, middle, most in zip(RATES, curve.middle, curve.most, strict=True):
            yield Check(rate, share_above(others, apart, middle), share_above(others, apart, most))


def deal(owners: np.ndarray) -> list[np.ndarray]:
    """The names of people in FOLDS groups, by chance."""
    names = np.unique(owners)
    return np.array_split(names[np.random.default_rng(1).permutation(len(names))], FOLDS)


def draw(rows: Index, count: int, seed: int) -> Index:
    """At most so many of rows, by chance, in order."""
    return np.sort(np.random.default_rng(seed).permutation(rows)[:count])


def strangers_of(probes: np.ndarray, owners: np.ndarray) -> Mask:
    """True where a probe and a face are of two people, (T,F)."""
    return np.asarray(probes[:, None] != owners[None])


def share_above(scores: Float32, compared: Mask, limit: float) -> float:
    """The share of compared scores that reach a limit."""
    return float(((scores >= limit) & compared).sum() / compared.sum())


def list_row(px: int, looks: float, rate: float, checks: list[Check]) -> list[str]:
    """One line of the table: all folds at one rate."""
    of_rate = [check for check in checks if check.rate == rate]
    shares = sorted(check.middle / rate for check in of_rate)
    held = sum(check.most <= rate for check in of_rate)
    middle = f"{float(np.median([check.middle for check in of_rate])):.1e}"
    return [
        f"{px}",
        f"{looks:.1f}",
        f"{rate:.0e}",
        middle,
        f"{shares[0]:.2g} to {shares[-1]:.2g}, median {float(np.median(shares)):.2g}",
        f"{held} of {len(of_rate)}",
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recognizer", required=True, help="tiny, base or large")
    parser.add_argument("--data", required=True, type=Path, help="folder or zip of person/picture, not learnt from")
    parser.add_argument("--templates", type=Path, help="file of recognizer.calibrate_reach, read where it is there")
    parser.add_argument("--write", type=Path, help="document to write the table into")
    return parser


if __name__ == "__main__":
    main()
