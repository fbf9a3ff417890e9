"""How near trained students come to their targets, on training faces and on strangers.

The first table gives mean cosines with the low and the sharp target on clean views (shrunk by area, no misalignment) of
real and of blended training faces and of LFW, where they have one. Its last columns are LFW's accuracy without and with
the mirror image, which doubles the time. The second table gives the cosine with the sharp target by source, for
training faces and for faces left out because they are, or look like, test people. A large difference says that faces
are lacking; low figures on both, that the student is too small or trained too little.

    python -m benchmarks.generalisation configs/distill.yaml [--student s16 …]
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.section import print_markdown
from configs.markdown import table
from detectors.arrays import Float32, Index
from distill.adapt.head import Head
from distill.adapt.stage import read_head
from distill.config import Settings, read_settings
from distill.data.prepare import load_state, load_usable_rows
from distill.data.resample import shrink
from distill.data.shards import find_shards, read_shard
from distill.data.store import face_rows
from distill.evaluate.models import open_cached_ensemble
from distill.metrics.lfw import read_faces
from distill.teacher.features import feature_rows
from distill.training.student import FlipTTA, Student
from distill.training.students import load_student
from distill.training.validation import Validation, embed
from distill.work_folder import WorkFolder

SHARDS = 4  # of each kind, spread over all there are
MIN_FACES, MAX_FACES = 30, 1500  # of a source
TARGETS = ("real, low", "real, sharp", "made, low", "made, sharp", "LFW, low", "LFW, sharp")
HEADS = ["student", *TARGETS, "LFW %", "mirrored %"]


def read_options(description: str) -> tuple[Settings, list[str]]:
    """The configuration named on the command line, and which of its students."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("config", type=Path)
    parser.add_argument("--student", action="append", default=[])
    options = parser.parse_args()
    settings = read_settings(options.config, Settings)
    return settings, options.student or list(settings.students)


def main() -> None:
    """Print both tables."""
    settings, names = read_options(__doc__.splitlines()[0])
    head = read_head(WorkFolder(Path(settings.work)))
    rows = [[name, *_cells(settings, name, head)] for name in names]
    heads = ["source", "learnt", "left out", *(f"{name}{part}" for name in names for part in (" learnt", " left out"))]
    by_source = table(heads, list(_source_rows(settings, names, head)), align_right=True)
    print_markdown(f"{table(HEADS, rows, align_right=True)}\n\n{by_source}")


def _cells(settings: Settings, name: str, head: Head) -> list[str]:
    student = load_student(settings, name)
    validation = Validation(settings, student.shape.size, head)
    vectors = embed(student, validation.chips)
    mirrored = embed(FlipTTA(student).eval(), validation.chips)
    cosines = [value for kind in ("real", "mixed") for value in training_cosines(settings, student, head, kind)]
    cosines += lfw_cosines(settings, vectors, head)
    accuracies = [validation.metrics(rows)["low_low"] for rows in (vectors, mirrored)]
    return ["" if np.isnan(value) else f"{value:.3f}" for value in cosines] + [f"{value:.1f}" for value in accuracies]


def training_cosines(settings: Settings, student: Student, head: Head, kind: str) -> tuple[float, float]:
    """Mean cosines with the low and the sharp target of this kind's faces that have a sharp one; NaN for none."""
    paths = find_shards(WorkFolder(Path(settings.work)), (kind,))
    shards = [shard for path in paths if (shard := read_shard(path)).sharp is not None]
    low, sharp = [], []
    for shard in shards[:: max(1, len(shards) // SHARDS)]:
        vectors = embed(student, shrink(np.asarray(shard.images), student.shape.size))
        assert shard.sharp is not None
        low.append(np.nan if shard.low is None else mean_cosine(vectors, head.project_low(shard.low)))
        sharp.append(mean_cosine(vectors, head(shard.sharp)))
    return (float(np.mean(low)), float(np.mean(sharp))) if shards else (np.nan, np.nan)


def lfw_cosines(settings: Settings, vectors: Float32, head: Head) -> tuple[float, float]:
    """Mean cosines of LFW's unit rows with the adapted teacher's, of small and of sharp faces."""
    images = read_faces(Path(settings.evaluate.images)).images
    teacher = open_cached_ensemble(settings)
    low = head.project_low(teacher.embed(images, round(settings.label.low_px)))
    return mean_cosine(vectors, low), mean_cosine(vectors, head(teacher.embed(images, images.shape[1])))


def _source_rows(settings: Settings, names: Sequence[str], head: Head) -> Iterator[list[str]]:
    """Mean cosines with the sharp target, trained on and left out, of every source with enough left out."""
    work = WorkFolder(Path(settings.work))
    sources = np.array([Path(note.source).stem for note in load_state(work).notes])
    usable = np.zeros(len(sources), bool)
    usable[load_usable_rows(work)] = True
    students = [load_student(settings, name) for name in names]
    for source in np.unique(sources):
        parts = [np.flatnonzero((sources == source) & mask) for mask in (usable, ~usable)]
        if min(map(len, parts)) >= MIN_FACES:
            cosines = [_source_cosine(work, rows, student, head) for student in students for rows in parts]
            yield [str(source), *(f"{len(rows):,}" for rows in parts), *(f"{value:.3f}" for value in cosines)]


def _source_cosine(work: WorkFolder, rows: Index, student: Student, head: Head) -> float:
    rows = rows[:: -(-len(rows) // MAX_FACES)]
    vectors = embed(student, shrink(np.asarray(face_rows(work).array()[rows]), student.shape.size))
    return mean_cosine(vectors, head(feature_rows(work, len(head.mean)).array()[rows]))


def mean_cosine(first: Float32, second: Float32) -> float:
    """Of unit rows (N,D), row by row."""
    return float((first * second).sum(axis=1).mean())


if __name__ == "__main__":
    main()
