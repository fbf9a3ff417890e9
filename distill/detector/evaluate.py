"""Evaluates detectors side by side on the held-out third of every set.

Nobody marked landmarks by hand. The reference is the mean of two detectors in the sharp photograph, and one of them is
in the table itself; at 12 px that reference is accurate enough for all.
"""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from detectors.base import FaceDetector
from detectors.load import load_detector
from detectors.runtime import Runtime
from distill.data.store import write_atomic
from distill.detector.card import make_card
from distill.detector.config import DetectorSettings, SceneSource
from distill.detector.ground_truth import GroundTruth
from distill.detector.metrics import (
    MIN_SCORE,
    DetectorResult,
    false_alarms,
    fit_convention,
    measure_height,
    time_once,
)
from distill.detector.mosaics import (
    AnnotatedPhoto,
    Mosaic,
    annotate,
    lay_out,
    read_photos,
    shrink_to_height,
    shrink_to_mosaic,
)
from distill.detector.plots import plot_recall, plot_shares
from distill.detector.split import Part
from distill.detector.tables import format_tables
from distill.detector.training_data import TrainingData
from distill.errors import DistillError
from distill.progress import Log, Progress
from distill.training.checkpoint import load_checkpoint

HEIGHTS = (8, 12, 16, 24, 32, 64)
FITTING_PHOTOS = 100  # training photographs on which each detector's box convention is fitted


@dataclass(frozen=True)
class EvaluationSet:
    """Mosaics of each face height, mosaics without faces by set, and photographs to fit conventions on."""

    with_faces: Mapping[int, Sequence[Mosaic]]
    without_faces: Mapping[str, Sequence[Mosaic]]
    fitting: Sequence[AnnotatedPhoto]


def evaluate(settings: DetectorSettings, log: Log) -> None:
    """Evaluate the exported file and its peers.

    Table, JSON and plot go to the work folder, the model card beside the file. Raises DistillError.
    """
    folder = Path(settings.work) / "evaluate"
    checkpoint = load_checkpoint(folder.parent / "training" / "exported.pt")
    if checkpoint is None:
        raise DistillError("evaluate: nothing was exported; run the stage export first")
    runtime = Runtime(threads=settings.threads)
    models = (settings.export, *settings.evaluate.peers)
    detectors = {
        Path(model).stem: load_detector(model, runtime=runtime, score=MIN_SCORE, every_size=True) for model in models
    }
    truth = GroundTruth(settings.label, folder / "truth.jsonl")
    evaluation_set = make_evaluation_set(settings.scenes, truth)
    results = evaluate_detectors(detectors, evaluation_set)
    served = {Path(model).stem: load_detector(model, runtime=runtime, every_size=True) for model in models}
    time_detectors(served, results, evaluation_set, rounds=settings.evaluate.timing_rounds)
    write_atomic(folder / "table.md", format_tables(results).encode())
    write_atomic(folder / "table.json", msgspec.json.encode([summarise(result) for result in results]))
    plot_recall(results, folder / "recall.png")
    plot_shares(results[0], folder / "scores.png")
    log.write("evaluate", **summarise(results[0]))
    model = Path(settings.export)
    card = make_card(settings, results, checkpoint, size=model.stat().st_size)
    write_atomic(model.with_suffix(".md"), card.encode())


def evaluate_detectors(detectors: Mapping[str, FaceDetector], evaluation_set: EvaluationSet) -> list[DetectorResult]:
    """Run every detector on the same mosaics."""
    results = []
    with Progress("evaluate", unit="detectors", total=len(detectors)) as progress:
        for number, (name, detector) in enumerate(detectors.items(), 1):
            results.append(_evaluate_detector(name, detector, evaluation_set))
            progress.update(number)
    return results


def time_detectors(
    served: Mapping[str, FaceDetector], results: Sequence[DetectorResult], evaluation_set: EvaluationSet, *, rounds: int
) -> None:
    """Time the same detectors with the score that they are served with, since weak boxes take time too.

    Timing goes in rounds, so that a busy minute slows all of them.
    """
    mosaic = next(iter(evaluation_set.without_faces.values()))[0]
    for _ in range(rounds):
        for result in results:
            result.seconds.append(time_once(served[result.name], mosaic))


def _evaluate_detector(name: str, detector: FaceDetector, evaluation_set: EvaluationSet) -> DetectorResult:
    result = DetectorResult(name, fit_convention(detector, evaluation_set.fitting))
    for height, mosaics in evaluation_set.with_faces.items():
        result.heights[height] = measure_height(detector, mosaics, result.convention)
    for set_name, mosaics in evaluation_set.without_faces.items():
        result.false_alarms[set_name], result.false_sizes[set_name] = false_alarms(detector, mosaics)
        result.pictures[set_name] = sum(mosaic.pictures for mosaic in mosaics)
    return result


def summarise(result: DetectorResult) -> dict[str, object]:
    """The figures as plain data, None where there is none."""
    figures: dict[str, Callable[[int], float]] = {
        "recall_1": lambda height: result.recall(height, 1.0),
        "recall_01": lambda height: result.recall(height, 0.1),
        "precision": result.precision,
        "landmarks": lambda height: result.landmark_error(height, 1.0),
    }
    by_height = {
        name: {str(height): _round(figure(height)) for height in result.heights} for name, figure in figures.items()
    }
    return {"detector": result.name, **by_height, "ms_per_megapixel": _round(result.ms_per_megapixel)}


def _round(figure: float) -> float | None:
    """Four decimals; None for NaN, which JSON does not have."""
    return round(figure, 4) if np.isfinite(figure) else None


def make_evaluation_set(
    scenes: Iterable[SceneSource], truth: GroundTruth | None, *, parts: Sequence[Part] = (Part.HELD_OUT,)
) -> EvaluationSet:
    """These parts of every set. Conventions are fitted on training photographs. truth: adds landmarks."""
    photos: list[AnnotatedPhoto] = []
    fitting: list[AnnotatedPhoto] = []
    without_faces: dict[str, list[Mosaic]] = {}
    for source in scenes:
        if source.without_faces:
            without_faces[Path(source.path).stem] = list(lay_out(map(shrink_to_mosaic, read_photos(source, parts))))
        elif source.boxes:
            photos += read_photos(source, parts)
            fitting += read_photos(source, [Part.TRAIN])
    random.Random(0).shuffle(fitting)
    if truth:
        photos = list(truth.annotate(photos))
    with_faces = {height: list(lay_out(shrink_to_height(photos, height))) for height in HEIGHTS}
    return EvaluationSet(with_faces, without_faces, fitting[:FITTING_PHOTOS])


def make_validation_set(data: TrainingData, heights: Sequence[int]) -> EvaluationSet:
    """Labelled photographs as an evaluation set, without fitting: the network learns the hand-drawn convention."""
    photos = [annotate(np.asarray(one.image), one.boxes, one.points, one.ignore) for one in data.with_faces]
    empty = [annotate(np.asarray(one.image), one.boxes) for one in data.without_faces]
    with_faces = {height: list(lay_out(shrink_to_height(photos, height))) for height in heights}
    return EvaluationSet(with_faces, {"empty": list(lay_out(map(shrink_to_mosaic, empty)))}, [])
