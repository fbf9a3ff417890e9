"""More looks never hurt: who is named from one near look, and from the same look among many far ones.

Half of the people with four or more photographs are enrolled with one sharp photograph each; the other half are
strangers. The near look is 40 px high, the far ones 12 to 20 px, either of the same photograph as the near look or of
the person's other ones, with a detector's landmark error.

    python -m benchmarks.looks --recognizer base --data lfw-view2.zip
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.section import print_markdown, provenance
from configs.markdown import table
from detectors.arrays import Image
from detectors.runtime import Runtime
from recognizer.base import Decision, Readings, Recognizer, State
from recognizer.decide import DecisionRule, decide
from recognizer.evidence import Evidence
from recognizer.gallery.index import GalleryIndex
from recognizer.lengths import length_weight
from recognizer.load import FAMILIES, Scoring, load_recognizer, open_scoring
from recognizer.onnx import load_chip_spec
from recognizer.population import LANDMARK_JITTER, embed_enrolled, read_people, read_shrunk
from recognizer.quality import size_weight

NEAR_PX = 40
FAR_PX = (12, 20)
FAR_COUNTS = (0, 5, 30, 100)
PHOTOGRAPHS = 4  # a person needs as many
LOOK_SECONDS = 0.2  # between two looks, as `faces.interval`
HEADS = ["far looks", "of", "named right", "named wrong", "strangers named"]

Look = tuple[Readings, float]  # of all people at one moment, and their face height


@dataclass(frozen=True)
class Trial:
    """What decides, the enrolled people, and everybody's photographs: those enrolled first, then the strangers'."""

    recognizer: Recognizer
    scoring: Scoring
    index: GalleryIndex
    names: Sequence[str]
    photographs: Sequence[Sequence[Image]]


def main() -> None:
    """Print the table."""
    options = _parser().parse_args()
    trial = _prepare(options)
    rule = DecisionRule(false_alarm=options.false_alarm)
    rows = list(list_rows(trial, rule))
    print_markdown(
        f"{provenance('benchmarks.looks')}\n\n{len(trial.names)} people enrolled, "
        f"{len(trial.photographs) - len(trial.names)} strangers.\n\n{table(HEADS, rows)}"
    )


def _prepare(options: argparse.Namespace) -> Trial:
    spec = None if options.recognizer in FAMILIES else load_chip_spec(options.settings)
    recognizer = load_recognizer(options.recognizer, spec=spec, runtime=Runtime())
    scoring = open_scoring(recognizer, model=options.recognizer, file=options.settings)
    people = read_people(Path(options.data))
    names = sorted(name for name, pictures in people.items() if len(pictures) >= PHOTOGRAPHS)[: options.people]
    enrolled, strangers = names[::2], names[1::2]
    vectors = embed_enrolled(recognizer, [people[name][0] for name in enrolled])
    index = GalleryIndex(recognizer.model_id, vectors, enrolled, cohort=scoring.cohort)
    return Trial(recognizer, scoring, index, enrolled, [people[name] for name in (*enrolled, *strangers)])


def list_rows(trial: Trial, rule: DecisionRule) -> Iterator[list[str]]:
    """One row for each number of far looks, first of the same photograph and then of the others."""
    near = _look(trial, [photographs[1] for photographs in trial.photographs], NEAR_PX, seed=0)
    for label, first in (("the same photograph", 1), ("other photographs", 2)):
        far = list(_far_looks(trial, first, max(FAR_COUNTS)))
        for count in FAR_COUNTS[0 if first == 1 else 1 :]:
            yield [str(count), label if count else "", *_count(trial, [near, *far[:count]], rule)]


def _far_looks(trial: Trial, first: int, count: int) -> Iterator[Look]:
    """Far looks of everybody: of the photograph `first` alone where it is the near look's, otherwise from it on."""
    random = np.random.default_rng(1)
    for number in range(count):
        pictures = [
            photographs[first] if first == 1 else photographs[first + number % (len(photographs) - first)]
            for photographs in trial.photographs
        ]
        yield _look(trial, pictures, int(random.integers(FAR_PX[0], FAR_PX[1] + 1)), seed=number + 1)


def _look(trial: Trial, pictures: Sequence[Image], px: int, *, seed: int) -> Look:
    return read_shrunk(trial.recognizer, list(pictures), px, jitter=LANDMARK_JITTER, seed=seed), float(px)


def _count(trial: Trial, looks: Sequence[Look], rule: DecisionRule) -> list[str]:
    """The shares of one row."""
    decisions = [_decide(trial, looks, person, rule) for person in range(len(trial.photographs))]
    known, strangers = decisions[: len(trial.names)], decisions[len(trial.names) :]
    named = [(decision.person, name) for decision, name in zip(known, trial.names, strict=True) if _is_named(decision)]
    right = sum(person == name for person, name in named)
    alarms = sum(map(_is_named, strangers))
    counts = ((right, known), (len(named) - right, known), (alarms, strangers))
    return [f"{100 * count / len(group):.1f} % ({count}/{len(group)})" for count, group in counts]


def _decide(trial: Trial, looks: Sequence[Look], person: int, rule: DecisionRule) -> Decision:
    evidence = Evidence()
    for number, (readings, px) in enumerate(looks):
        weight = size_weight(px) * length_weight(trial.scoring.calibration.lengths, float(readings.lengths[person]), px)
        evidence.add(readings.vectors[person], weight=weight, face_px=px, time=number * LOOK_SECONDS)
    return decide(evidence, trial.index, rule, trial.scoring.calibration)


def _is_named(decision: Decision) -> bool:
    return decision.state is State.NAMED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recognizer", required=True, help="tiny, base, large, embedded, or an ONNX file")
    parser.add_argument("--settings", default="", help="YAML with calibration, and chip_spec for an ONNX file")
    parser.add_argument("--data", required=True, help="folder or zip of person/picture, aligned")
    parser.add_argument("--people", type=int, help="use only the first so many")
    parser.add_argument("--false-alarm", type=float, default=0.001, help="chance that a stranger is named (0.001)")
    return parser


if __name__ == "__main__":
    main()
