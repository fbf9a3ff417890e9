"""What kind of cohort keeps false matches alike in all groups of people, and what each costs.

From the same faces: none, means of any two, and means of look-alikes, with several shares of the strangers who are most
similar. Thresholds are counted on people of --people who were not learnt from, so that each kind has the same false
matches among them.

    python -m benchmarks.fairness.cohorts --recognizer base --faces FOLDER --people lfw-view2.zip \\
        --teacher edgeface_xs.onnx --cohort-faces cohort-faces.zip
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.cohorts import average_any
from benchmarks.fairness.control import read_strangers
from benchmarks.fairness.matches import Counter, draw_people, find_matches
from benchmarks.fairness.misses import count_missed, read_named, read_rmfd, score_own
from benchmarks.fairness.page import MILLION
from benchmarks.fairness.people import Group, Person, list_groups, read_portraits, read_utk
from benchmarks.fairness.readings import Read, read_everybody
from benchmarks.fairness.same_people import read_sharp, set_aside
from benchmarks.fairness.worst import Judge, calibration_mix
from benchmarks.section import print_markdown, provenance
from configs.markdown import table
from detectors.arrays import Float32, Image
from detectors.runtime import Runtime
from recognizer.base import Recognizer
from recognizer.calibrate_reach import score
from recognizer.calibration import RATES, Band, Calibration, uncalibrated
from recognizer.cohort import average_look_alikes, draw_faces
from recognizer.load import Scoring, load_recognizer
from recognizer.normalisation import Cohort
from recognizer.population import embed_enrolled

ASKED = 1e-5
SHARES = (0.02, 0.04, 0.1)
SHOWN = ("White", "Black", "Asian", "Indian", "Others", "0 to 9 years", "Thailand", "South Korea")
HEADS = ["cohort", "nearest", "missed: LFW", "RMFD", "mix", "worst group", *SHOWN]


@dataclass(frozen=True, slots=True)
class Material:
    """What does not differ between cohorts."""

    people: Sequence[Person]
    groups: Sequence[Group]
    read: Read
    sharp: Float32
    strangers: Read
    known: Sequence[dict[str, list[Image]]]


def main() -> None:
    """Print the table."""
    options = _parser().parse_args()
    recognizer = load_recognizer(options.recognizer, runtime=Runtime())
    material = read_material(recognizer, options)
    drawn = draw_faces([options.cohort_faces], options.count, named=True)
    faces = embed_enrolled(recognizer, drawn.faces)
    kinds = {"any two": average_any(faces), "look-alikes": average_look_alikes(faces, drawn.people)}
    rows = [describe(recognizer, "none", None, material)]
    for kind, vectors in kinds.items():
        for share in SHARES:
            cohort = Cohort(vectors, weights=recognizer.weights, share=share)
            rows.append(describe(recognizer, kind, cohort, material))
    print_markdown(f"{provenance('benchmarks.fairness.cohorts')}\n\n{table(HEADS, rows, align_right=True)}")


def read_material(recognizer: Recognizer, options: argparse.Namespace) -> Material:
    """Read everybody, from the cache where it is there."""
    shown = [*read_utk(options.faces / "utk.zip", most=options.most), *read_portraits(options.faces, most=options.most)]
    people, pictures = [person for person, _ in shown], [picture for _, picture in shown]
    return Material(
        people,
        list_groups(people),
        read_everybody(recognizer, pictures, cache=options.cache),
        read_sharp(options.teacher, pictures, cache=options.cache),
        read_everybody(recognizer, read_strangers(options.people, most=options.most_strangers), cache=options.cache),
        [read_named(options.people, most=options.most_known), read_rmfd(options.faces / "rmfd.zip")],
    )


def describe(recognizer: Recognizer, kind: str, cohort: Cohort | None, material: Material) -> list[str]:
    """One row of the table."""
    scoring = Scoring(count_thresholds(recognizer, material.strangers, cohort), cohort)
    found = {px: find_matches(views, material.read.faces, px, scoring) for px, views in material.read.views.items()}
    apart = set_aside(found, material.sharp, material.people)
    counter = Counter(scoring.calibration, apart, draw_people(np.zeros(len(material.people), np.intp)))
    everybody = material.groups[0].members
    judge = Judge(counter, calibration_mix(material.people), everybody, everybody)
    worst = judge.worst(material.groups, ASKED)
    rates = dict(_rates(counter, material.groups))
    return [
        kind,
        f"{100 * cohort.share:g} % of {len(cohort.vectors):,}" if cohort else "",
        *(f"{100 * count_lost(recognizer, scoring, known):.1f} %" for known in material.known),
        f"{MILLION * judge.mix(ASKED).value:.1f}",
        worst.name,
        *(f"{rates[name]:.1f}" if name in rates else "" for name in SHOWN),
    ]


def count_lost(recognizer: Recognizer, scoring: Scoring, people: dict[str, list[Image]]) -> float:
    """The share of people's other photographs that are missed, all face heights together."""
    missed = count_missed(score_own(recognizer, scoring, people, cache=None), scoring.calibration, ASKED)
    return sum(one.missed for one in missed) / max(sum(one.compared for one in missed), 1)


def count_thresholds(recognizer: Recognizer, strangers: Read, cohort: Cohort | None) -> Calibration:
    """A calibration of one look, counted on these strangers, one after another compared with all others."""
    near = cohort.nearness(strangers.faces) if cohort else None
    plain = uncalibrated(recognizer.model_id)
    others = ~np.eye(len(strangers.faces), dtype=np.bool_)
    scores = {
        px: score(views, strangers.faces, Scoring(plain, cohort), near)[others] for px, views in strangers.views.items()
    }
    return msgspec.structs.replace(plain, rates=RATES, bands=tuple(_bands(scores)))


def _bands(scores: Mapping[int, Float32]) -> Iterator[Band]:
    for px, found in scores.items():
        tail = tuple(float(value) for value in np.quantile(found, 1 - np.array(RATES)))
        yield Band(px=px, looks=1.0, mean=float(found.mean()), std=float(found.std()), tail=tail)


def _rates(counter: Counter, groups: Sequence[Group]) -> Iterator[tuple[str, float]]:
    """False matches within each group, in a million."""
    for group in groups:
        yield group.name, MILLION * counter.rate(group.members, group.members, ASKED).value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recognizer", required=True, help="tiny, base or large")
    parser.add_argument("--faces", type=Path, required=True, help="folder of utk.zip and portraits")
    parser.add_argument("--people", type=Path, required=True, help="zip of person/picture, not learnt from")
    parser.add_argument("--teacher", type=Path, required=True, help="recogniser that tells pairs of one person")
    parser.add_argument("--cohort-faces", type=Path, required=True, help="zip of benchmarks.fairness.cohort_faces")
    parser.add_argument("--count", type=int, default=10000, help="faces of the cohorts (10000)")
    parser.add_argument("--most", type=int, default=1200, help="faces of each origin and country (1200)")
    parser.add_argument("--most-known", type=int, default=300, help="people whose misses are counted (300)")
    parser.add_argument("--most-strangers", type=int, default=1500, help="people who give thresholds (1500)")
    parser.add_argument("--cache", type=Path, help="folder to keep what was read, and to use instead of reading")
    return parser


if __name__ == "__main__":
    main()
