"""Every model through the same test: students, the teacher, peers, all in one table from one run.

The surprising decision: high against low is read with one model on both sides, and for students with their family, so
that a sharp enrolment photo goes to the large student and a distant probe to the small one, as in serving.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from detectors.arrays import Float32, Float64
from detectors.runtime import Runtime
from distill.adapt.stage import read_head
from distill.config import Settings, TeacherSettings
from distill.data.store import write_atomic
from distill.errors import DistillError
from distill.evaluate.models import (
    AdaptedTeacher,
    CachedModel,
    Model,
    StudentFamily,
    open_cached_ensemble,
    open_cached_model,
)
from distill.metrics.identification import identify, split_gallery
from distill.metrics.lfw import LfwFaces, Pairs, read_faces, read_pairs
from distill.metrics.plots import plot_roc, plot_sizes
from distill.metrics.tables import format_tables
from distill.metrics.verification import accuracy, pair_scores, roc, tar_at_far
from distill.progress import Log, Progress
from distill.teacher.ensemble import teacher_runtime
from distill.work_folder import WorkFolder

FARS = (1e-1, 1e-2, 1e-3)
FPIRS = (0.01, 0.1)
CROPS = (1, 5)
HIGH = 112  # pixels of the sharp side


class Row(msgspec.Struct):
    """One model at one size. All figures in per cent; sides: low-low or high-low."""

    model: str
    pixels: int
    sides: str
    accuracy: float
    tar: dict[str, float]
    identification: dict[str, float]


@dataclass
class _Reader:
    """Reads each model at each size once."""

    model: Model
    faces: LfwFaces
    kept: dict[int, Float32] = field(default_factory=dict)

    def __call__(self, pixels: int) -> Float32:
        if pixels not in self.kept:
            self.kept[pixels] = self.model.embed(self.faces.images, pixels)
        return self.kept[pixels]


def evaluate(settings: Settings, log: Log) -> list[Row]:
    """Read the test with every model at hand; write `evaluate/table.md`, `table.json` and curves.

    Raises DistillError.
    """
    mine = settings.evaluate
    if not (mine.images and mine.pairs):
        raise DistillError("evaluate.images, evaluate.pairs: expected the test's faces and pairs, got none")
    faces = read_faces(Path(mine.images))
    pairs = read_pairs(Path(mine.pairs), faces)
    models = open_models(settings)
    folder = WorkFolder(Path(settings.work)).evaluation
    rows: list[Row] = []
    done = 0  # models at sizes
    curves: dict[int, dict[str, tuple[Float64, Float64]]] = {}
    with Progress("evaluate", unit="readings", total=len(models) * len(mine.sizes)) as progress:
        for model in models:
            read = _Reader(model, faces)
            for pixels in mine.sizes:
                rows += measure(read, pixels, faces, pairs, enrolled=mine.gallery_people)
                scores = pair_scores(read(pixels), read(pixels), pairs)
                curves.setdefault(pixels, {})[model.name] = roc(scores, pairs.same)
                done += 1
                progress.at(done)
    write_atomic(folder / "table.json", msgspec.json.format(msgspec.json.encode(rows)))
    write_atomic(folder / "table.md", format_tables(rows).encode())
    plot_sizes(rows, folder / "sizes.png")
    plot_roc(curves, folder / "roc.png")
    log.write("evaluate", models=[model.name for model in models], rows=len(rows))
    return rows


def measure(read: _Reader, pixels: int, faces: LfwFaces, pairs: Pairs, *, enrolled: int) -> list[Row]:
    """Low against low and, below the sharp size, high against low."""
    sides = {"low-low": (read(pixels), False)} | ({"high-low": (read(HIGH), True)} if pixels < HIGH else {})
    return [
        _row(read.model.name, pixels, name, _Sides(first, read(pixels), across), faces, pairs, enrolled)
        for name, (first, across) in sides.items()
    ]


@dataclass(frozen=True, slots=True)
class _Sides:
    gallery: Float32
    probe: Float32
    across: bool


def _row(model: str, pixels: int, name: str, sides: _Sides, faces: LfwFaces, pairs: Pairs, enrolled: int) -> Row:
    scores = pair_scores(sides.gallery, sides.probe, pairs)
    tar = tar_at_far(scores, pairs.same, FARS)
    found: dict[str, float] = {}
    for crops in CROPS:
        for key, value in _identified(sides, faces, enrolled, crops).items():
            found[f"{key}@{crops}"] = _percent(value)
    return Row(
        model,
        pixels,
        name,
        _percent(accuracy(scores, pairs)),
        {f"{rate:g}": _percent(value) for rate, value in tar.items()},
        found,
    )


def _identified(sides: _Sides, faces: LfwFaces, enrolled: int, crops: int) -> dict[str, float]:
    try:
        chosen = split_gallery(faces.people, enrolled=enrolled, crops=crops)
    except ValueError:  # a small test has nobody with so many pictures
        return {}
    return identify(sides.gallery, sides.probe, chosen, rates=FPIRS)


def open_models(settings: Settings) -> list[Model]:
    """The exported students, each and as a family, in fp32 and int8; the adapted teacher; the peers."""
    work = WorkFolder(Path(settings.work))
    students = {
        kind: _students(settings, suffix, work.test_features) for kind, suffix in (("int8", ""), ("fp32", "_fp32"))
    }
    found: list[Model] = [member for members in students.values() for member in members]
    found += [StudentFamily(f"family {kind}", tuple(members)) for kind, members in students.items() if len(members) > 1]
    if work.head.is_file():
        head, low_px = read_head(work), settings.adapt.low_px
        found.append(AdaptedTeacher("teacher, adapted", open_cached_ensemble(settings), head, low_px))
    found += [
        open_cached_model(peer, teacher_runtime(settings), work.test_features) for peer in settings.evaluate.peers
    ]
    return found


def _students(settings: Settings, suffix: str, cache: Path) -> Sequence[CachedModel]:
    folder = Path(settings.export.folder)
    files = [folder / f"{settings.export.name}_{name}{suffix}.onnx" for name in settings.students]
    return [open_cached_model(TeacherSettings(model=str(file)), Runtime(), cache) for file in files if file.is_file()]


def _percent(value: float) -> float:
    return round(100 * value, 2)
