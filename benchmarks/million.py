"""What a search in a very large gallery costs: exact and approximate, in processor time of one thread.

Templates are drawn from a normal distribution with the mean and covariance of measured faces, and scaled to length 1.
Half of the probes are strangers, half have a cosine of 0.6 with somebody enrolled. Recall is the share of the two best
people by the score that decisions use, normalised against the shipped cohort, who are among the candidates.

    python -m benchmarks.million --recognizer large --data lfw-view2.zip --write docs/scaling.md
"""

import argparse
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from detectors.arrays import Float32
from detectors.runtime import Runtime
from recognizer.gallery.index import CANDIDATE_FACES
from recognizer.load import load_recognizer, open_scoring
from recognizer.normalisation import Cohort
from recognizer.population import embed_enrolled, read_pictures
from recognizer.preprocess import l2_normalise
from recognizer.search.approximate import ApproximateSearch
from recognizer.search.base import Search
from recognizer.search.exact import ExactSearch

BLOCK = 50_000  # templates drawn or compared at once
PROBES = 128  # strangers, and as many who are enrolled
GENUINE_COSINE = 0.6
CHANGES = 200
HEADS = ["search", "faces", "build, s", "ms, 1", "ms, 32", "recall, enrolled", "recall, strangers", "MB"]
HEADS += ["adds /s", "erased /s"]


class Distribution:
    """Draws unit vectors like those of measured faces."""

    def __init__(self, faces: Float32, *, seed: int = 0) -> None:
        """faces: unit vectors, float32 (N,D)."""
        values, directions = np.linalg.eigh(np.cov(faces.T))
        self._mean = faces.mean(axis=0)
        self._factors = (directions * np.sqrt(np.maximum(values, 0))).T.astype(np.float32)
        self._random = np.random.default_rng(seed)

    def draw(self, count: int) -> Float32:
        """Unit vectors, float32 (count,D)."""
        vectors = np.empty((count, len(self._mean)), np.float32)
        for start in range(0, count, BLOCK):
            rows = vectors[start : start + BLOCK]
            rows[:] = l2_normalise(self._random.standard_normal(rows.shape, np.float32) @ self._factors + self._mean)
        return vectors

    def draw_like(self, vectors: Float32) -> Float32:
        """One for each unit vector, with the cosine GENUINE_COSINE."""
        others = self.draw(len(vectors))
        others -= np.sum(others * vectors, axis=1, keepdims=True) * vectors
        return l2_normalise(GENUINE_COSINE * vectors + (1 - GENUINE_COSINE**2) ** 0.5 * l2_normalise(others))


def main() -> None:
    """Print the table, or write it into a document."""
    options = _parser().parse_args()
    recognizer = load_recognizer(options.recognizer, runtime=Runtime())
    cohort = open_scoring(recognizer, model=options.recognizer).cohort
    faces = embed_enrolled(recognizer, read_pictures(options.data, most=options.measured))
    rows = []
    for name, make, counts in (("exact", ExactSearch, options.exact), ("usearch", _graph, options.approximate)):
        for count in map(int, filter(None, counts.split(","))):
            rows.append(list_row(name, make, count, Distribution(faces), cohort))
            print_markdown(table(HEADS, rows[-1:]))
    text = f"{table(HEADS, rows, align_right=True)}\n\n{provenance('benchmarks.million')}"
    print_markdown(text)
    if options.write:
        write_section(options.write, "million", text)


def list_row(
    name: str, make: Callable[[int], Search], count: int, distribution: Distribution, cohort: Cohort | None
) -> list[str]:
    """Measure one search of one size."""
    vectors = distribution.draw(count)
    search, before = make(vectors.shape[1]), _resident_mb()
    build = _cpu_seconds(lambda: search.add(vectors))
    memory = _resident_mb() - before
    enrolled, strangers = distribution.draw_like(vectors[:PROBES]), distribution.draw(PROBES)
    single = _cpu_seconds(lambda: [search.nearest(probe[None], CANDIDATE_FACES) for probe in strangers[:8]]) / 8
    batch = _cpu_seconds(lambda: search.nearest(strangers[:32], CANDIDATE_FACES)) / 32
    is_exact = isinstance(search, ExactSearch)  # decisions then score everybody
    recalls = [1.0 if is_exact else measure_recall(search, vectors, probes, cohort) for probes in (enrolled, strangers)]
    fresh, keys = distribution.draw(CHANGES), np.arange(CHANGES)
    added = _cpu_seconds(lambda: search.add(fresh)) / CHANGES
    erased = _cpu_seconds(lambda: search.erase(keys)) / CHANGES
    return [
        name,
        f"{count:,}",
        f"{build:.0f}",
        f"{1000 * single:.1f}",
        f"{1000 * batch:.1f}",
        *(f"{recall:.3f}" for recall in recalls),
        f"{memory:.0f}",
        f"{1 / added:.0f}",
        f"{1 / erased:.0f}",
    ]


def measure_recall(search: Search, vectors: Float32, probes: Float32, cohort: Cohort | None) -> float:
    """The share of the two best rows by the decision's score that are among the candidates."""
    found = search.nearest(probes, CANDIDATE_FACES).keys
    scores = np.concatenate(list(_score_blocks(vectors, probes, cohort)), axis=1)
    best = np.argpartition(scores, scores.shape[1] - 2, axis=1)[:, -2:]
    return float(np.mean([np.isin(two, keys).mean() for two, keys in zip(best, found, strict=True)]))


def _score_blocks(vectors: Float32, probes: Float32, cohort: Cohort | None) -> Iterator[Float32]:
    of_probes = cohort.nearness(probes) if cohort else None
    for start in range(0, len(vectors), BLOCK):
        rows = vectors[start : start + BLOCK]
        cosines = probes @ rows.T
        yield cohort.normalise(cosines, of_probes, cohort.nearness(rows)) if cohort and of_probes else cosines


def _graph(dim: int) -> Search:
    return ApproximateSearch(dim)


def _cpu_seconds(work: Callable[[], object]) -> float:
    """Processor time, which other programs on the machine hardly change."""
    begin = time.process_time()
    work()
    return max(time.process_time() - begin, 1e-9)


def _resident_mb() -> float:
    """Memory of this process now; Linux."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recognizer", required=True, help="tiny, base or large")
    parser.add_argument("--data", required=True, type=Path, help="folder or zip of aligned faces, to measure")
    parser.add_argument("--measured", type=int, default=1500, help="faces to measure the distribution from (1500)")
    parser.add_argument("--exact", default="10000,50000,200000,1000000", help="sizes for the exact search")
    parser.add_argument("--approximate", default="50000,200000,1000000", help="sizes for usearch; empty: none")
    parser.add_argument("--write", type=Path, help="document to write the table into")
    return parser


if __name__ == "__main__":
    main()
