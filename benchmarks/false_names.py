"""How often strangers are named, against the rate that was asked for: the check of a calibration.

People of --data are enrolled at random, one sharp photograph each, in several galleries. The strangers come from other
sources than the calibration and the cohort. Intervals are those of recognizer/intervals.py.

    python -m benchmarks.false_names --recognizer base --data lfw-view2.zip --strangers uk.zip
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.section import print_markdown, provenance
from configs.markdown import table
from detectors.arrays import Float32, Image, Mask
from detectors.runtime import Runtime
from recognizer.base import Recognizer, State
from recognizer.decide import DecisionRule, decide
from recognizer.evidence import Evidence
from recognizer.gallery.index import GalleryIndex
from recognizer.intervals import bootstrap_interval
from recognizer.load import FAMILIES, Scoring, load_recognizer, open_scoring
from recognizer.onnx import load_chip_spec
from recognizer.population import LANDMARK_JITTER, embed_enrolled, pool_crops, read_people, read_pictures, read_shrunk

RATES = (0.01, 0.001)
PEOPLE = 77  # enrolled in each gallery
NEAR_THRESHOLD = 0.02  # strangers who score lower than this below it are not decided on one by one
HEADS = [
    "face",
    "crops",
    "asked",
    "strangers",
    "decisions",
    "named",
    "measured",
    "95 % interval",
    "within a factor of 2",
]


@dataclass(frozen=True)
class Trial:
    """What decides, the galleries, and the strangers' pictures."""

    recognizer: Recognizer
    scoring: Scoring
    galleries: Sequence[GalleryIndex]
    strangers: Sequence[Image]


def main() -> None:
    """Print the table."""
    options = _parser().parse_args()
    trial = _prepare(options)
    crops = [int(count) for count in options.crops.split(",")]
    rows = [row for px in options.px.split(",") for row in list_rows(trial, int(px), crops)]
    print_markdown(f"{provenance('benchmarks.false_names')}\n\n{table(HEADS, rows)}")


def _prepare(options: argparse.Namespace) -> Trial:
    spec = None if options.recognizer in FAMILIES else load_chip_spec(options.settings)
    recognizer = load_recognizer(options.recognizer, spec=spec, runtime=Runtime())
    scoring = open_scoring(recognizer, model=options.recognizer, file=options.settings)
    people = read_people(Path(options.data))
    names = sorted(people)
    vectors = embed_enrolled(recognizer, [people[name][0] for name in names])
    strangers = [picture for source in options.strangers for picture in read_pictures(Path(source))]
    galleries = list(draw_galleries(recognizer.model_id, vectors, names, scoring, count=options.galleries))
    return Trial(recognizer, scoring, galleries, strangers)


def draw_galleries(
    model_id: str, vectors: Float32, names: Sequence[str], scoring: Scoring, *, count: int
) -> Iterator[GalleryIndex]:
    """Galleries of random people; one vector of (F,D) for each name."""
    random = np.random.default_rng(0)
    for _ in range(count):
        rows = random.choice(len(names), min(PEOPLE, len(names)), replace=False)
        yield GalleryIndex(model_id, vectors[rows], [names[row] for row in rows], cohort=scoring.cohort)


def list_rows(trial: Trial, px: int, crop_counts: Sequence[int]) -> Iterator[list[str]]:
    """The rows of one face height: one for each number of crops and rate."""
    views = [
        read_shrunk(trial.recognizer, list(trial.strangers), px, jitter=LANDMARK_JITTER, seed=crop + 500)
        for crop in range(max(crop_counts))
    ]
    for crops in crop_counts:
        lengths = trial.scoring.calibration.lengths
        evidences = [pool_crops(views[:crops], row, px, lengths) for row in range(len(trial.strangers))]
        templates = np.stack([evidence.template() for evidence in evidences])
        for rate in RATES:
            named = np.stack([find_named(trial, index, evidences, templates, rate) for index in trial.galleries])
            yield [f"{px} px", str(crops), f"{100 * rate:g} %", *describe(named, rate)]


def find_named(
    trial: Trial, index: GalleryIndex, evidences: Sequence[Evidence], templates: Float32, rate: float
) -> Mask:
    """Which strangers (N,) are named at this false-alarm rate of the mean of groups. A single crop may name.

    templates: of the strangers' evidences, (N,D).
    """
    rule = msgspec.structs.replace(DecisionRule(), false_alarm=rate, min_effective=1.0, groups="mean")
    calibration = trial.scoring.calibration
    scores = index.search(templates).scores.max(axis=1)
    limit = calibration.threshold(evidences[0].median_px, 1, rule.asked(calibration, len(index)).rate) - NEAR_THRESHOLD
    named = np.zeros(len(evidences), bool)
    for row in np.flatnonzero(scores >= limit).tolist():
        named[row] = decide(evidences[row], index, rule, calibration).state is State.NAMED
    return named


def describe(named: Mask, rate: float) -> list[str]:
    """Counts, rate and interval of names given to strangers, bool (galleries, strangers)."""
    low, high = bootstrap_interval(named)
    inside = low <= 2 * rate and high >= rate / 2
    return [
        str(named.shape[1]),
        str(named.size),
        str(int(named.sum())),
        f"{100 * named.mean():.3f} %",
        f"{100 * low:.3f} to {100 * high:.3f} %",
        "yes" if inside else "no",
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recognizer", required=True, help="tiny, base, large, embedded, or an ONNX file")
    parser.add_argument("--settings", default="", help="YAML with calibration, and chip_spec for an ONNX file")
    parser.add_argument("--data", required=True, help="folder or zip of person/picture, aligned: the enrolled people")
    parser.add_argument("--strangers", required=True, nargs="+", help="zips of aligned faces, one a person")
    parser.add_argument("--px", default="12,16,24,32", help="face heights, pixels")
    parser.add_argument("--crops", default="1,5", help="numbers of pooled crops of one photograph")
    parser.add_argument("--galleries", type=int, default=20, help="random galleries (20)")
    return parser


if __name__ == "__main__":
    main()
