"""Measures detectors side by side on what none of them learnt from: the held-out third of every set.

The surprising decision: landmarks are judged against two teachers' mean in the sharp photograph, one of which is itself
in the table. Hand-set landmarks there are none; at 12 px the sharp answer is near enough to the truth for all of them.
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
from distill.detector.card import card
from distill.detector.config import DetectorSettings, SceneSource
from distill.detector.ground_truth import Truth
from distill.detector.metrics import LEAST, Measured, false_scores, fit_convention, measure_height, time_once
from distill.detector.mosaics import Sheet, Shown, fitted, laid_out, photographs, shown, shrunk
from distill.detector.plots import draw_recall
from distill.detector.split import Part
from distill.detector.tables import report
from distill.detector.training_data import Library
from distill.errors import DistillError
from distill.progress import Log, Progress
from distill.training.checkpoint import load_checkpoint

HEIGHTS = (8, 12, 16, 24, 32, 64)
FITTING = 100  # learnable photographs by which each detector's convention is fitted


@dataclass(frozen=True)
class Test:
    """Sheets of each face height, sheets without faces by set, and photographs to fit conventions on."""

    sheets: Mapping[int, Sequence[Sheet]]
    empty: Mapping[str, Sequence[Sheet]]
    fitting: Sequence[Shown]


def evaluate(settings: DetectorSettings, log: Log) -> None:
    """Measure the exported file and its peers: table, JSON and curves to the work folder, the card beside the file."""
    folder = Path(settings.work) / "evaluate"
    trained = load_checkpoint(folder.parent / "training" / "exported.pt")
    if trained is None:
        raise DistillError("evaluate: nothing was exported; run the stage export first")
    runtime = Runtime(threads=settings.threads)
    models = (settings.export, *settings.evaluate.peers)
    detectors = {Path(model).stem: load_detector(model, runtime=runtime, score=LEAST) for model in models}
    truth = Truth(settings.label, folder / "truth.jsonl")
    found = measured(detectors, build_test(settings.scenes, truth), rounds=settings.evaluate.timing_rounds)
    write_atomic(folder / "table.md", report(found).encode())
    write_atomic(folder / "table.json", msgspec.json.encode([plain(one) for one in found]))
    draw_recall(found, folder / "recall.png")
    log.write("evaluate", **plain(found[0]))
    weights = Path(settings.export)
    text = card(settings, found, trained, size=weights.stat().st_size)
    write_atomic(weights.with_suffix(".md"), text.encode())


def measured(detectors: Mapping[str, FaceDetector], test: Test, *, rounds: int = 0) -> list[Measured]:
    """Every detector on the same sheets; speed in turns, so that a busy minute slows all of them."""
    found = []
    with Progress("evaluate", unit="detectors", total=len(detectors)) as progress:
        for number, (name, detector) in enumerate(detectors.items(), 1):
            found.append(_measure(name, detector, test))
            progress.at(number)
    sheet = next(iter(test.empty.values()))[0]
    for _ in range(rounds):
        for one in found:
            one.seconds.append(time_once(detectors[one.name], sheet))
    return found


def _measure(name: str, detector: FaceDetector, test: Test) -> Measured:
    one = Measured(name, fit_convention(detector, test.fitting))
    for height, sheets in test.sheets.items():
        one.heights[height] = measure_height(detector, sheets, one.convention)
    for set_name, sheets in test.empty.items():
        one.false[set_name] = false_scores(detector, sheets)
        one.images[set_name] = sum(sheet.pictures for sheet in sheets)
    return one


def plain(one: Measured) -> dict[str, object]:
    """The figures as plain data, None where there is none."""
    figures: dict[str, Callable[[int], float]] = {
        "recall_1": lambda height: one.recall(height, 1.0),
        "recall_01": lambda height: one.recall(height, 0.1),
        "precision": one.precision,
        "landmarks": lambda height: one.landmark_error(height, 1.0),
    }
    by_height = {
        name: {str(height): _known(figure(height)) for height in one.heights} for name, figure in figures.items()
    }
    return {"detector": one.name, **by_height, "ms_per_megapixel": _known(one.per_megapixel)}


def _known(figure: float) -> float | None:
    """Rounded; None where nothing was measured, since JSON knows no NaN."""
    return round(figure, 4) if np.isfinite(figure) else None


def build_test(scenes: Iterable[SceneSource], truth: Truth | None, *, parts: Sequence[Part] = (Part.HELD_OUT,)) -> Test:
    """These parts of every set as a test; conventions are fitted on what may be learnt from. truth: sets landmarks."""
    faces: list[Shown] = []
    fitting: list[Shown] = []
    empty: dict[str, list[Sheet]] = {}
    for source in scenes:
        if source.without_faces:
            empty[Path(source.path).stem] = list(laid_out(map(fitted, photographs(source, parts))))
        elif source.boxes:
            faces += photographs(source, parts)
            fitting += photographs(source, [Part.LEARN])
    random.Random(0).shuffle(fitting)
    if truth:
        faces = list(truth.of(faces))
    return Test({height: list(laid_out(shrunk(faces, height))) for height in HEIGHTS}, empty, fitting[:FITTING])


def slice_test(library: Library, heights: Sequence[int]) -> Test:
    """A library's photographs as a test, as labelled; nothing is fitted: what learns here draws as people do."""
    faces = [
        shown(np.asarray(one.bank.pixels(one.scene)), one.boxes, one.points, one.ignore) for one in library.peopled
    ]
    empty = [shown(np.asarray(one.bank.pixels(one.scene)), one.boxes) for one in library.empty]
    sheets = {height: list(laid_out(shrunk(faces, height))) for height in heights}
    return Test(sheets, {"empty": list(laid_out(map(fitted, empty)))}, [])
