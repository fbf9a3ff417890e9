"""How near trained students come to their targets, on faces they learnt from and on the test's strangers.

Clean views (shrunk by area, no misalignment) of real and of made faces that were learnt from, and of LFW: the mean
cosine with the low and with the sharp target. A large difference between learnt and test faces says that faces are
lacking; a low figure on both, that the student is too small or too little trained. The last columns are LFW's accuracy
as it is and with each face read together with its mirror image, which costs twice the time.

    python -m benchmarks.generalisation configs/distill.yaml [--student s16 …]
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from distill.adapt import read_head
from distill.check import Check, embed
from distill.config import Settings
from distill.head import Head
from distill.lfw import read_faces
from distill.models import open_joined
from distill.settings import read_settings
from distill.shards import find_shards, read_shard
from distill.train import load_student
from distill.views import shrunk
from recognizer.student import Mirrored, Student

Float = NDArray[np.float32]

SHARDS = 4  # of each kind, spread over all there are


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("--student", action="append", default=[])
    arguments = parser.parse_args()
    settings = read_settings(arguments.config, Settings)
    head = read_head(Path(settings.work))
    lines = [
        "| student | real, low | real, sharp | made, low | made, sharp | LFW, low | LFW, sharp | LFW % | mirrored % |",
        "| --- |" + " ---: |" * 8,
    ]
    lines += [_line(settings, name, head) for name in arguments.student or settings.students]
    Console(soft_wrap=True, highlight=False, markup=False).print("\n".join(lines))


def _line(settings: Settings, name: str, head: Head) -> str:
    student = load_student(settings, name)
    check = Check(settings, student.shape.size, head)
    read = embed(student, check.chips)
    both = embed(Mirrored(student).eval(), check.chips)
    cosines = [*learnt(settings, student, head, "real"), *learnt(settings, student, head, "mixed")]
    cosines += strangers(settings, read, head)
    accuracies = [check.figures(rows)["low_low"] for rows in (read, both)]
    cells = [f"{value:.3f}" for value in cosines] + [f"{value:.1f}" for value in accuracies]
    return f"| {name} | {' | '.join(cells)} |"


def learnt(settings: Settings, student: Student, head: Head, kind: str) -> tuple[float, float]:
    """Mean cosines with the low and the sharp target of labelled faces of this kind that have both."""
    shards = [
        shard for path in find_shards(Path(settings.work), (kind,)) if (shard := read_shard(path)).sharp is not None
    ]
    low, sharp = [], []
    for shard in shards[:: max(1, len(shards) // SHARDS)]:
        read = embed(student, shrunk(np.asarray(shard.views), student.shape.size))
        assert shard.sharp is not None
        low.append(np.nan if shard.low is None else mean_cosine(read, head.of_low(shard.low)))
        sharp.append(mean_cosine(read, head(shard.sharp)))
    return float(np.mean(low)), float(np.mean(sharp))


def strangers(settings: Settings, read: Float, head: Head) -> Sequence[float]:
    """Mean cosines of LFW's unit rows with what the adapted teacher says, small and sharp."""
    images = read_faces(Path(settings.evaluate.images)).images
    teacher = open_joined(settings)
    low = head.of_low(teacher.read(images, round(settings.label.low_px)))
    return mean_cosine(read, low), mean_cosine(read, head(teacher.read(images, images.shape[1])))


def mean_cosine(first: Float, second: Float) -> float:
    """Of unit rows (N,D), row by row."""
    return float((first * second).sum(axis=1).mean())


if __name__ == "__main__":
    main()
