"""What a cohort of strangers adds to the strict rate: faces, means of any two or of look-alikes; served or full s-norm.

TAR at FAR 1e-5 over all pairs of two different photographs of LFW's people with two and more of them, sharp against
each size. `s-norm` divides by all of the standard deviation of the most similar strangers, what is served by its root.

    python -m benchmarks.cohorts --recognizer tiny --data lfw-view2.zip --named --sources cohort-faces.zip
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.section import print_markdown, provenance
from configs.markdown import table
from detectors.arrays import AnyFloat, Float32
from detectors.runtime import Runtime
from distill.metrics.strict import tar_of_scores
from recognizer.base import Recognizer
from recognizer.cohort import are_apart, average_look_alikes, draw_faces
from recognizer.load import load_recognizer
from recognizer.normalisation import TOP_SHARE, Cohort
from recognizer.population import embed_enrolled, embed_shrunk, read_people
from recognizer.preprocess import l2_normalise

SHARP_PX = 112
HEADS = ["cohort", "strangers", "size", "cosine, %", "served, %", "s-norm, %"]


@dataclass(frozen=True)
class Photographs:
    """Unit rows (N,D) of the same photographs, sharp and at each size, and who is on them."""

    people: Sequence[str]
    sharp: Float32
    sizes: dict[int, Float32]


def main() -> None:
    """Print the table."""
    options = _parser().parse_args()
    recognizer = load_recognizer(options.recognizer, runtime=Runtime())
    test = read_test(recognizer, Path(options.data), [int(px) for px in options.px.split(",")], most=options.faces)
    drawn = draw_faces([Path(source) for source in options.sources], 2 * options.count, named=options.named)
    vectors = embed_enrolled(recognizer, drawn.faces)
    apart = are_apart(vectors, test.sharp)
    faces, people = vectors[apart], drawn.people[apart]
    cohorts = {
        "faces": faces,
        "half of them": faces[: len(faces) // 2],
        "means of any two": average_any(faces),
        "means of look-alikes": average_look_alikes(faces, people),
    }
    rows = [row for label, rows in cohorts.items() for row in list_rows(label, Cohort(rows, weights=""), test)]
    print_markdown(f"{provenance('benchmarks.cohorts')}\n\n{table(HEADS, rows, align_right=True)}")


def average_any(vectors: Float32) -> Float32:
    """The mean directions of two vectors each, unit rows (C // 2, D) of (C,D), whoever they are."""
    half = len(vectors) // 2
    return l2_normalise(vectors[:half] + vectors[half : 2 * half])


def read_test(recognizer: Recognizer, source: Path, sizes: Sequence[int], *, most: int) -> Photographs:
    """At most so many photographs of the people with two and more."""
    photographs = [
        (name, picture) for name, pictures in read_people(source).items() if len(pictures) > 1 for picture in pictures
    ][:most]
    pictures = [picture for _, picture in photographs]
    sharp = embed_enrolled(recognizer, pictures)
    small = {px: sharp if px == SHARP_PX else embed_shrunk(recognizer, pictures, px) for px in sizes}
    return Photographs([name for name, _ in photographs], sharp, small)


def list_rows(label: str, cohort: Cohort, test: Photographs) -> Iterator[list[str]]:
    """One row for each size."""
    sharp = cohort.nearness(test.sharp)
    for px, probes in test.sizes.items():
        cosines = probes @ test.sharp.T
        rates = [
            tar_of_scores(np.ascontiguousarray(scores.T), test.people)
            for scores in (
                cosines,
                cohort.normalise(cosines, cohort.nearness(probes), sharp),
                standardise(cosines, spread(probes, cohort), spread(test.sharp, cohort)),
            )
        ]
        yield [label, str(len(cohort.vectors)), f"{px} px", *(f"{100 * rate:.1f}" for rate in rates)]


def spread(vectors: Float32, cohort: Cohort) -> tuple[AnyFloat, AnyFloat]:
    """Mean and standard deviation (N,) of the scores with the most similar strangers."""
    top = max(2, round(TOP_SHARE * len(cohort.vectors)))
    scores = np.sort(vectors @ cohort.vectors.T, axis=1)[:, -top:]
    return scores.mean(axis=1), scores.std(axis=1)


def standardise(cosines: Float32, probes: tuple[AnyFloat, AnyFloat], faces: tuple[AnyFloat, AnyFloat]) -> AnyFloat:
    """Adaptive symmetric normalisation (Matějka et al., Interspeech 2017) of cosines (N,M), from `spread` of both."""
    return (cosines - probes[0][:, None]) / probes[1][:, None] + (cosines - faces[0]) / faces[1]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recognizer", required=True, help="tiny, base, large, embedded, or an ONNX file")
    parser.add_argument("--data", required=True, help="folder or zip of person/picture, aligned")
    parser.add_argument("--sources", required=True, nargs="+", help="zips of aligned faces of strangers")
    parser.add_argument("--named", action="store_true", help="a folder holds the pictures of one person")
    parser.add_argument("--px", default="16,112", help="face heights, pixels")
    parser.add_argument("--count", type=int, default=5000, help="strangers (5000)")
    parser.add_argument("--faces", type=int, default=3000, help="photographs (3000)")
    return parser


if __name__ == "__main__":
    main()
