"""The strict rate of recognisers: TAR at FAR 1e-5 over all pairs of LFW View 2's faces, a sharp side and a small one.

    python -m benchmarks.strict --data lfw-view2.zip --recognizer base tiny --peer edgeface_xs.onnx \
        --chip-spec configs/recognizers/edgeface_xs.yaml --write docs/results/strict.md

All models read the same pixels: faces are shrunk by area, and enlarged by cubic interpolation to the input of the
member that serving picks for their size. The sharp side is read as enrolment reads it; *one member* leaves out what
smaller members of a family read of it. `cohort` normalises the scores against the strangers that ship with a family.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from detectors.arrays import AnyFloat, Chips, Float32
from detectors.runtime import Runtime
from distill.data.resample import enlarge, shrink
from distill.metrics.lfw import LfwFaces, Pairs, read_faces, read_pairs
from distill.metrics.strict import spread_of_strangers, strict_tar, tar_of_scores
from distill.metrics.verification import accuracy, pair_scores
from recognizer.base import Recognizer
from recognizer.enrolled import read_enrolled
from recognizer.family import RecognizerFamily
from recognizer.load import load_recognizer, shipped_cohort
from recognizer.normalisation import Cohort
from recognizer.onnx import load_chip_spec
from recognizer.spec import ChipSpec

SHARP_PX = 112
SIZES_PX = (112, 64, 32, 24, 16, 12)


@dataclass(frozen=True)
class Entry:
    """One recogniser to measure."""

    name: str
    recognizer: Recognizer
    cohort: Cohort | None


def main() -> None:
    """Print the tables, and write them into a document on request."""
    options = _parser().parse_args()
    faces = read_faces(options.data)
    pairs = read_pairs(options.pairs, faces)
    features = [(entry, read_sizes(entry.recognizer, faces)) for entry in _entries(options)]
    heads = [f"{px} px" if px < SHARP_PX else "sharp" for px in SIZES_PX]
    strict = [row for entry, rows in features for row in strict_rows(entry, rows, faces.people)]
    low_low = [[entry.name, *_accuracies(rows, pairs, sharp=False)] for entry, rows in features]
    high_low = [[entry.name, *_accuracies(rows, pairs, sharp=True)] for entry, rows in features]
    parts = [
        provenance("benchmarks.strict"),
        "TAR at FAR 1e-5, sharp against each size, %. *Spread* is the standard deviation of strangers' cosines, sharp.",
        table(["recogniser", *heads, "spread"], strict, align_right=True),
        "LFW 10-fold accuracy, both faces at that size, %.",
        table(["recogniser", *heads], low_low, align_right=True),
        "LFW 10-fold accuracy, sharp against that size, %.",
        table(["recogniser", *heads], high_low, align_right=True),
    ]
    print_markdown("\n\n".join(parts))
    if options.write:
        write_section(options.write, "strict", "\n\n".join(parts))


@dataclass(frozen=True)
class Features:
    """Unit rows (N,dim) of all faces: as enrolled, as one member alone would enrol them, and as probes of each of
    `SIZES_PX`. by_one: None where there is only one member."""

    enrolled: Float32
    by_one: Float32 | None
    probes: Mapping[int, Float32]


def read_sizes(recognizer: Recognizer, faces: LfwFaces) -> Features:
    """Read all faces."""
    probes = {px: recognizer.embed(_chips(recognizer.spec_for(px), faces, px)) for px in SIZES_PX}
    cut = partial(_chips, faces=faces, px=SHARP_PX)
    by_one = None
    if isinstance(recognizer, RecognizerFamily):
        by_one = read_enrolled(recognizer.member_for(SHARP_PX), SHARP_PX, cut).vectors
    return Features(read_enrolled(recognizer, SHARP_PX, cut).vectors, by_one, probes)


def strict_rows(entry: Entry, features: Features, people: Sequence[str]) -> list[list[str]]:
    """The row by plain cosine, and the one with the cohort where there is one."""
    sharp, probes = features.enrolled, features.probes.values()
    spread = f"{spread_of_strangers(sharp, sharp, people):.3f}"

    def rates(enrolled: Float32) -> list[str]:
        return [f"{100 * strict_tar(enrolled, low, people):.1f}" for low in probes]

    rows = [[entry.name, *rates(sharp), spread]]
    if features.by_one is not None:
        rows.append([f"{entry.name}, enrolled by one member", *rates(features.by_one), ""])
    if entry.cohort:
        scores = (normalise(entry.cohort, sharp, low) for low in probes)
        normalised = [f"{100 * tar_of_scores(block, people):.1f}" for block in scores]
        rows.append([f"{entry.name}, cohort", *normalised, ""])
    return rows


def normalise(cohort: Cohort, gallery: Float32, probes: Float32) -> AnyFloat:
    """Normalised scores (N,N) of gallery rows against probe columns."""
    scores = cohort.normalise(probes @ gallery.T, cohort.nearness(probes), cohort.nearness(gallery))
    return np.ascontiguousarray(scores.T)


def _chips(spec: ChipSpec, faces: LfwFaces, px: int) -> Chips:
    return enlarge(shrink(faces.images, min(px, spec.size)), spec.size)


def _accuracies(features: Features, pairs: Pairs, *, sharp: bool) -> list[str]:
    sides = ((features.enrolled if sharp else low, low) for low in features.probes.values())
    return [f"{100 * accuracy(pair_scores(first, low, pairs), pairs):.2f}" for first, low in sides]


def _entries(options: argparse.Namespace) -> list[Entry]:
    runtime = Runtime()
    entries = []
    for name in options.recognizer:
        recognizer = load_recognizer(name, runtime=runtime)
        entries.append(Entry(name, recognizer, shipped_cohort(recognizer, model=name)))
    for model, spec in zip(options.peer, options.chip_spec, strict=True):
        entries.append(
            Entry(Path(model).stem, load_recognizer(model, spec=load_chip_spec(spec), runtime=runtime), None)
        )
    return entries


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="LFW View 2, zip or folder of aligned 112-pixel chips")
    parser.add_argument("--pairs", type=Path, required=True, help="LFW's list of pairs")
    parser.add_argument("--recognizer", nargs="+", default=["large", "base", "tiny"], help="families or files")
    parser.add_argument("--peer", nargs="*", default=[], help="ONNX files of other recognisers")
    parser.add_argument("--chip-spec", nargs="*", default=[], help="a YAML profile for each --peer")
    parser.add_argument("--write", type=Path, metavar="MD", help="also put the tables into this document")
    return parser


if __name__ == "__main__":
    main()
