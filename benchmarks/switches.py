"""What each switch of a training gives: students that differ in one setting, three seeds each, on held-out people.

Students are named `switch/seed`. Each reads LFW's faces at its input size under five conditions that it met in training
or not: shrunk by area, turned in depth, as footage, misaligned as the detector misaligns, and in infrared. The table
gives the mean and the range over the seeds of the strict rate against the teachers' sharp targets, and of the cosine
with them.

    python -m benchmarks.switches configs/switches.yaml
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from torch import Tensor

from benchmarks.section import print_markdown, provenance, write_section
from benchmarks.turned_faces import turn_some
from configs.markdown import table
from detectors.arrays import Chips, Float32
from distill.ablation import is_finished
from distill.config import DegradeSettings, Settings, read_settings
from distill.data.degrade import to_chips
from distill.data.detector_errors import draw_misalignments
from distill.data.footage import Footage, misalign
from distill.data.infrared import infrared
from distill.data.resample import shrink
from distill.errors import DistillError
from distill.evaluate.models import open_cached_ensemble
from distill.metrics.lfw import read_faces
from distill.metrics.strict import strict_tar
from distill.training.dataset import to_tensor
from distill.training.students import load_student, student_head
from distill.training.validation import embed
from distill.work_folder import WorkFolder

BATCH = 100  # faces turned at once
CONDITIONS = ("area", "turned", "footage", "misaligned", "infrared")
Views = dict[str, Chips]
Figures = dict[str, tuple[float, float]]  # strict rate and cosine by condition


def main() -> None:
    """Print the table, and write it into a document on request."""
    options = _parser().parse_args()
    try:
        settings = read_settings(options.config, Settings, options.overrides)
        tables = measure(settings, options.faces, options.condition or CONDITIONS)
    except (DistillError, FileNotFoundError) as error:
        raise SystemExit(f"switches: {error}") from None
    text = f"{provenance('benchmarks.switches')}\n\n{tables}"
    print_markdown(text)
    if options.write:
        write_section(options.write, "switches", text)


def measure(settings: Settings, count: int, conditions: Sequence[str]) -> str:
    """Format the tables of all trained students, over `count` faces of the test. Raises DistillError for none."""
    work = WorkFolder(Path(settings.work))
    names = [name for name in settings.students if "/" in name and is_finished(settings, name)]
    if not names:
        raise DistillError(f"{work.root}: expected trained students named SWITCH/SEED, found none")
    faces = read_faces(Path(settings.evaluate.images))
    rows = choose_rows(faces.people, count)
    first = settings.students[names[0]]
    sharp = student_head(settings, first)(open_cached_ensemble(settings).embed(faces.images, faces.images.shape[1]))
    views = make_views(faces.images[rows], first.size, conditions)
    people, found = [faces.people[row] for row in rows], {}
    for name in names:
        student = load_student(settings, name)
        vectors = {condition: embed(student, chips) for condition, chips in views.items()}
        found[name] = {key: _figures(sharp[rows], low, people) for key, low in vectors.items()}
        Console(stderr=True).print(name, highlight=False)
    return format_tables(found)


def choose_rows(people: Sequence[str], count: int) -> list[int]:
    """The rows of the people with most photographs, at most `count`, in the order of the test."""
    names, sizes = np.unique(np.asarray(people), return_counts=True)
    many = dict(zip(names.tolist(), sizes.tolist(), strict=True))
    return sorted(sorted(range(len(people)), key=lambda row: (-many[people[row]], people[row], row))[:count])


def make_views(images: Chips, size: int, conditions: Sequence[str] = CONDITIONS, *, entries: int = 256) -> Views:
    """Views BGR uint8 (N,size,size,3) of sharp faces by condition; the same at every call."""
    made: Views = {}
    for condition in conditions:
        generator = torch.Generator().manual_seed(5)
        if condition == "turned":
            made[condition] = shrink(to_chips(_turned(to_tensor(images), generator)), size)
        elif condition == "footage":
            height = DegradeSettings(from_px=size, to_px=size + 1, native_size=1.0)
            footage = Footage(size, images.shape[1], height, seed=5, device="cpu", entries=entries)
            made[condition] = to_chips(footage(to_tensor(images), generator))
        elif condition == "misaligned":
            errors = draw_misalignments(torch.full((len(images),), float(size)), generator)
            made[condition] = shrink(to_chips(misalign(to_tensor(images).float(), errors, generator)), size)
        elif condition == "infrared":
            made[condition] = to_chips(infrared(to_tensor(shrink(images, size)).float(), generator))
        else:
            made[condition] = shrink(images, size)
    return made


def _turned(faces: Tensor, generator: torch.Generator) -> Tensor:
    parts = [
        turn_some(faces[start : start + BATCH], 1.0, yaw_degrees=60, pitch_degrees=20, generator=generator)
        for start in range(0, len(faces), BATCH)
    ]
    return torch.cat(parts)


def _figures(sharp: Float32, low: Float32, people: Sequence[str]) -> tuple[float, float]:
    return 100 * strict_tar(sharp, low, people), float((sharp * low).sum(axis=1).mean())


def format_tables(found: Mapping[str, Figures]) -> str:
    """Two tables with a line for each switch: strict rates, then cosines."""
    switches = dict.fromkeys(name.partition("/")[0] for name in found)
    conditions = list(next(iter(found.values())))
    tables = []
    for index, (title, digits) in enumerate((("TAR at FAR 1e-5, %", 1), ("cosine with the target", 3))):
        lines = []
        for switch in switches:
            seeds = [figures for name, figures in found.items() if name.partition("/")[0] == switch]
            cells = [_cell([figures[condition][index] for figures in seeds], digits) for condition in conditions]
            lines.append([switch, str(len(seeds)), *cells])
        tables.append(table([title, "seeds", *conditions], lines))
    return "\n".join(tables)


def _cell(values: Sequence[float], digits: int) -> str:
    return f"{np.mean(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="What each switch of a training gives.")
    parser.add_argument("config", type=Path, help="configuration with students named SWITCH/SEED")
    parser.add_argument("overrides", nargs="*", metavar="key=value")
    parser.add_argument("--condition", action="append", choices=CONDITIONS, help="only this one; may be repeated")
    parser.add_argument("--faces", type=int, default=3000, help="faces of the test, people with most photographs first")
    parser.add_argument("--write", type=Path, help="also put the table into this document")
    return parser


if __name__ == "__main__":
    main()
