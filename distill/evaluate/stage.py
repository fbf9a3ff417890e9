"""Stage `evaluate`: tests all models on LFW (students, adapted teacher, peers) and writes one table of all.

In high-low tests a family of students works as in serving: the large student embeds the sharp enrolment photo, a small
one the distant face. Any other model embeds both.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
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
from distill.metrics.tables import Row, format_tables
from distill.metrics.verification import accuracy, pair_scores, roc, tar_at_far
from distill.progress import Log, Progress
from distill.teacher.ensemble import teacher_runtime
from distill.work_folder import WorkFolder

FARS = (1e-1, 1e-2, 1e-3)
FPIRS = (0.01, 0.1)
CROPS = (1, 5)  # per identification template
SHARP_PX = 112

Features = Callable[[int], Float32]  # unit rows (N,D) of all test faces, by their size in pixels


@dataclass(frozen=True, slots=True)
class LfwTest:
    """Faces and pairs of LFW. enrolled: people in the gallery of the identification test."""

    faces: LfwFaces
    pairs: Pairs
    enrolled: int


def evaluate(settings: Settings, log: Log) -> list[Row]:
    """Test all models at all sizes; write tables and plots to the work folder. Raises DistillError without a test."""
    test = _read_test(settings)
    models = open_models(settings)
    sizes = settings.evaluate.sizes
    rows: list[Row] = []
    curves: dict[int, dict[str, tuple[Float64, Float64]]] = {pixels: {} for pixels in sizes}
    with Progress("evaluate", unit="readings", total=len(models) * len(sizes)) as progress:
        for number, model in enumerate(models):
            features = cache(partial(model.embed, test.faces.images))
            for done, pixels in enumerate(sizes, number * len(sizes) + 1):
                rows += measure(model.name, features, pixels, test)
                scores = pair_scores(features(pixels), features(pixels), test.pairs)
                curves[pixels][model.name] = roc(scores, test.pairs.same)
                progress.update(done)
    _write(rows, curves if models else {}, WorkFolder(Path(settings.work)).evaluation)
    log.write("evaluate", models=[model.name for model in models], rows=len(rows))
    return rows


def measure(model: str, features: Features, pixels: int, test: LfwTest) -> list[Row]:
    """Compare low-resolution faces with each other, and sharp faces with low-resolution ones below the sharp size."""
    low = features(pixels)
    sides = {"low-low": low} | ({"high-low": features(SHARP_PX)} if pixels < SHARP_PX else {})
    rows = []
    for name, gallery in sides.items():
        scores = pair_scores(gallery, low, test.pairs)
        tar = tar_at_far(scores, test.pairs.same, FARS)
        rows.append(
            Row(
                model,
                pixels,
                name,
                accuracy=_percent(accuracy(scores, test.pairs)),
                tar={f"{rate:g}": _percent(value) for rate, value in tar.items()},
                identification=_identification(gallery, low, test),
            )
        )
    return rows


def open_models(settings: Settings) -> list[Model]:
    """Open the exported students (each alone and as a family, int8 and fp32), the adapted teacher and the peers."""
    work = WorkFolder(Path(settings.work))
    students = {kind: _students(settings, suffix) for kind, suffix in (("int8", ""), ("fp32", "_fp32"))}
    models: list[Model] = [student for group in students.values() for student in group]
    models += [StudentFamily(f"family {kind}", group) for kind, group in students.items() if len(group) > 1]
    if work.head.is_file():
        teacher = open_cached_ensemble(settings)
        models.append(AdaptedTeacher("teacher, adapted", teacher, read_head(work), settings.adapt.low_px))
    runtime = teacher_runtime(settings)
    models += [open_cached_model(peer, runtime, work.test_features) for peer in settings.evaluate.peers]
    return models


def _read_test(settings: Settings) -> LfwTest:
    images, pairs = settings.evaluate.images, settings.evaluate.pairs
    if not (images and pairs):
        raise DistillError("evaluate.images, evaluate.pairs: expected the test's faces and pairs, got none")
    faces = read_faces(Path(images))
    return LfwTest(faces, read_pairs(Path(pairs), faces), settings.evaluate.gallery_people)


def _identification(gallery: Float32, probes: Float32, test: LfwTest) -> dict[str, float]:
    """Rank-one and open-set rates for each number of crops that the test has enough pictures for."""
    rates: dict[str, float] = {}
    for crops in CROPS:
        try:
            split = split_gallery(test.faces.people, enrolled=test.enrolled, crops=crops)
        except ValueError:  # a small test has nobody with so many pictures
            continue
        found = identify(gallery, probes, split, rates=FPIRS)
        rates |= {f"{name}@{crops}": _percent(value) for name, value in found.items()}
    return rates


def _students(settings: Settings, suffix: str) -> Sequence[CachedModel]:
    folder, cache_folder = Path(settings.export.folder), WorkFolder(Path(settings.work)).test_features
    files = [folder / f"{settings.export.name}_{name}{suffix}.onnx" for name in settings.students]
    existing = [TeacherSettings(model=str(file)) for file in files if file.is_file()]
    return [open_cached_model(model, Runtime(), cache_folder) for model in existing]


def _write(rows: Sequence[Row], curves: dict[int, dict[str, tuple[Float64, Float64]]], folder: Path) -> None:
    write_atomic(folder / "table.json", msgspec.json.format(msgspec.json.encode(rows)))
    write_atomic(folder / "table.md", format_tables(rows).encode())
    plot_sizes(rows, folder / "sizes.png")
    plot_roc(curves, folder / "roc.png")


def _percent(value: float) -> float:
    return round(100 * value, 2)
