"""How near trained students come to their targets, on faces they learnt from and on strangers.

Clean views (shrunk by area, no misalignment) of real and of made faces that were learnt from, and of LFW: the mean
cosine with the low and with the sharp target, where they have one. The last columns are LFW's accuracy as it is and
with each face read together with its mirror image, which costs twice the time. The second table asks the same of sharp
targets source by source, of faces that were learnt from and of those left out because they are, or look like, the
test's people: a large difference says that faces are lacking; a low figure on both, that the student is too small or
too little trained.

    python -m benchmarks.generalisation configs/distill.yaml [--student s16 …]
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

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

SHARDS = 4  # of each kind, spread over all there are
ENOUGH, MOST = 30, 1500  # faces of a source


def asked(description: str) -> tuple[Settings, list[str]]:
    """The configuration named on the command line, and which of its students."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("config", type=Path)
    parser.add_argument("--student", action="append", default=[])
    arguments = parser.parse_args()
    settings = read_settings(arguments.config, Settings)
    return settings, arguments.student or list(settings.students)


def main() -> None:
    settings, names = asked(__doc__.splitlines()[0])
    head = read_head(Path(settings.work))
    lines = [
        "| student | real, low | real, sharp | made, low | made, sharp | LFW, low | LFW, sharp | LFW % | mirrored % |",
        "| --- |" + " ---: |" * 8,
    ]
    lines += [_line(settings, name, head) for name in names]
    lines += ["", *sources(settings, names, head)]
    Console(soft_wrap=True, highlight=False, markup=False).print("\n".join(lines))


def _line(settings: Settings, name: str, head: Head) -> str:
    student = load_student(settings, name)
    check = Validation(settings, student.shape.size, head)
    read = embed(student, check.chips)
    both = embed(FlipTTA(student).eval(), check.chips)
    cosines = [*learnt(settings, student, head, "real"), *learnt(settings, student, head, "mixed")]
    cosines += strangers(settings, read, head)
    accuracies = [check.figures(rows)["low_low"] for rows in (read, both)]
    cells = ["" if np.isnan(value) else f"{value:.3f}" for value in cosines] + [f"{value:.1f}" for value in accuracies]
    return f"| {name} | {' | '.join(cells)} |"


def learnt(settings: Settings, student: Student, head: Head, kind: str) -> tuple[float, float]:
    """Mean cosines with the low and the sharp target of this kind's faces that have a sharp one; NaN for none."""
    shards = [
        shard for path in find_shards(Path(settings.work), (kind,)) if (shard := read_shard(path)).sharp is not None
    ]
    low, sharp = [], []
    for shard in shards[:: max(1, len(shards) // SHARDS)]:
        read = embed(student, shrink(np.asarray(shard.images), student.shape.size))
        assert shard.sharp is not None
        low.append(np.nan if shard.low is None else mean_cosine(read, head.project_low(shard.low)))
        sharp.append(mean_cosine(read, head(shard.sharp)))
    return (float(np.mean(low)), float(np.mean(sharp))) if shards else (np.nan, np.nan)


def sources(settings: Settings, names: Sequence[str], head: Head) -> list[str]:
    """A table of mean cosines with the sharp target, learnt and left out, of every source with enough left out."""
    work = Path(settings.work)
    source = np.array([Path(note.source).stem for note in load_state(work).notes])
    usable = np.zeros(len(source), bool)
    usable[load_usable_rows(work)] = True
    students = [load_student(settings, name) for name in names]
    heading = "".join(f" {name} learnt | left out |" for name in names)
    lines = [f"| source | learnt | left out |{heading}", "| --- |" + " ---: |" * (2 + 2 * len(names))]
    for one in np.unique(source):
        parts = [np.flatnonzero((source == one) & mask) for mask in (usable, ~usable)]
        if min(map(len, parts)) >= ENOUGH:
            found = [_cosine(work, rows, student, head) for student in students for rows in parts]
            counts = [f"{len(rows):,}" for rows in parts]
            lines.append(f"| {one} | {' | '.join(counts + [f'{value:.3f}' for value in found])} |")
    return lines


def _cosine(work: Path, rows: Index, student: Student, head: Head) -> float:
    some = rows[:: -(-len(rows) // MOST)]
    read = embed(student, shrink(np.asarray(face_rows(work).array()[some]), student.shape.size))
    dim = len(head.mean)
    return mean_cosine(read, head(feature_rows(work, dim).array()[some]))


def strangers(settings: Settings, read: Float32, head: Head) -> Sequence[float]:
    """Mean cosines of LFW's unit rows with what the adapted teacher says, small and sharp."""
    images = read_faces(Path(settings.evaluate.images)).images
    teacher = open_cached_ensemble(settings)
    low = head.project_low(teacher.embed(images, round(settings.label.low_px)))
    return mean_cosine(read, low), mean_cosine(read, head(teacher.embed(images, images.shape[1])))


def mean_cosine(first: Float32, second: Float32) -> float:
    """Of unit rows (N,D), row by row."""
    return float((first * second).sum(axis=1).mean())


if __name__ == "__main__":
    main()
