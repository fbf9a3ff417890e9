"""The strict rate of recognisers: TAR at FAR 1e-5 over all pairs of LFW View 2's faces, a sharp side and a small one.

    python -m benchmarks.strict --data lfw-view2.zip --recognizer base tiny --peer edgeface_xs.onnx \
        --chip-spec configs/recognizers/edgeface_xs.yaml --write docs/results/strict.md

All models read the same pixels: faces are shrunk by area, and enlarged by cubic interpolation to the input of the
member that serving picks for their size. `cohort` normalises the scores against the strangers that ship with a family.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from detectors.arrays import AnyFloat, Float32
from detectors.runtime import Runtime
from distill.data.resample import enlarge, shrink
from distill.metrics.lfw import LfwFaces, Pairs, read_faces, read_pairs
from distill.metrics.strict import spread_of_strangers, strict_tar, tar_of_scores
from distill.metrics.verification import accuracy, pair_scores
from recognizer.base import Recognizer
from recognizer.load import load_recognizer, shipped_cohort
from recognizer.normalisation import Cohort
from recognizer.onnx import load_chip_spec

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


def read_sizes(recognizer: Recognizer, faces: LfwFaces) -> dict[int, Float32]:
    """Unit rows (N,dim) of all faces at each of `SIZES_PX`."""
    return {px: _read(recognizer, faces, px) for px in SIZES_PX}


def strict_rows(entry: Entry, features: dict[int, Float32], people: Sequence[str]) -> list[list[str]]:
    """The row by plain cosine, and the one with the cohort where there is one."""
    sharp = features[SHARP_PX]
    spread = f"{spread_of_strangers(sharp, sharp, people):.3f}"
    rows = [[entry.name, *(f"{100 * strict_tar(sharp, low, people):.1f}" for low in features.values()), spread]]
    if entry.cohort:
        scores = (normalise(entry.cohort, sharp, low) for low in features.values())
        rates = [f"{100 * tar_of_scores(block, people):.1f}" for block in scores]
        rows.append([f"{entry.name}, cohort", *rates, ""])
    return rows


def normalise(cohort: Cohort, gallery: Float32, probes: Float32) -> AnyFloat:
    """Normalised scores (N,N) of gallery rows against probe columns."""
    scores = cohort.normalise(probes @ gallery.T, cohort.nearness(probes), cohort.nearness(gallery))
    return np.ascontiguousarray(scores.T)


def _read(recognizer: Recognizer, faces: LfwFaces, px: int) -> Float32:
    size = recognizer.spec_for(px).size
    return recognizer.embed(enlarge(shrink(faces.images, min(px, size)), size))


def _accuracies(features: dict[int, Float32], pairs: Pairs, *, sharp: bool) -> list[str]:
    first = features[SHARP_PX]
    return [
        f"{100 * accuracy(pair_scores(first if sharp else low, low, pairs), pairs):.2f}" for low in features.values()
    ]


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
    parser.add_argument("--recognizer", nargs="+", default=["base", "tiny"], help="families or ONNX files (base tiny)")
    parser.add_argument("--peer", nargs="*", default=[], help="ONNX files of other recognisers")
    parser.add_argument("--chip-spec", nargs="*", default=[], help="a YAML profile for each --peer")
    parser.add_argument("--write", type=Path, metavar="MD", help="also put the tables into this document")
    return parser


if __name__ == "__main__":
    main()
