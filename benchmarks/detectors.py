"""Recall, precision, landmarks, false alarms and speed of face detectors by face height, side by side in one run.

Photographs with hand-drawn boxes are shrunk (area resampling) until their median face has each height in turn, so that
the same faces are searched at every height, and laid out on 640 x 640 mosaics (distill/detector/mosaics.py). By default
only the held-out third of every set is used, on which the embedded detector was not trained.

    python -m benchmarks.detectors embedded MODEL.onnx … --scenes FOLDER [--teachers YUNET.onnx RETINAFACE.onnx]

FOLDER holds maskon.zip (pictures and boxes.json: name to [[x1, y1, x2, y2, label], …]) and neg_*.zip (no faces). With
teachers there are landmarks to compare with: the mean of both in the sharp photograph. `python -m distill detector
CONFIG --stage evaluate` measures what a configuration names in the same way.
"""

import argparse
from pathlib import Path

from detectors.load import load_detector
from detectors.runtime import Runtime

# isort: split
from benchmarks.section import print_markdown, provenance, write_section
from detectors.base import FaceDetector
from distill.detector.config import LabelSettings, SceneSource
from distill.detector.evaluate import evaluate_detectors, make_evaluation_set, time_detectors
from distill.detector.ground_truth import GroundTruth
from distill.detector.metrics import MIN_SCORE
from distill.detector.mosaics import MOSAIC_PX
from distill.detector.plots import plot_recall
from distill.detector.split import Part
from distill.detector.tables import format_tables

SERVED_SCORE = 0.25  # at which detectors are timed
VARIANTS = {"native": (0, 0), "2x": (2 * MOSAIC_PX, 0), "2x-tiled": (2 * MOSAIC_PX, MOSAIC_PX)}  # long side and tile


def main() -> None:
    """Print the tables, or write them into a document."""
    options = _parser().parse_args()
    detectors = dict(_open(model, variant, MIN_SCORE) for model in options.models for variant in options.variants)
    served = dict(_open(model, variant, SERVED_SCORE) for model in options.models for variant in options.variants)
    truth = None
    if options.teachers:
        yunet, retinaface = options.teachers
        truth = GroundTruth(LabelSettings(yunet=yunet, retinaface=retinaface), options.truth)
    scenes = [SceneSource(str(options.scenes / "maskon.zip"), boxes="boxes.json")]
    scenes += [SceneSource(str(path), without_faces=True) for path in sorted(options.scenes.glob("neg_*.zip"))]
    test = make_evaluation_set(scenes, truth, parts=tuple(Part) if options.all else (Part.HELD_OUT,))
    found = evaluate_detectors(detectors, test)
    time_detectors(served, found, test, rounds=options.rounds)
    text = f"{provenance('benchmarks.detectors')}\n\n{format_tables(found)}"
    if options.plot:
        plot_recall(found, options.plot)
    if options.write:
        write_section(options.write, "detectors", text)
    else:
        print_markdown(text)


def _open(model: str, variant: str, score: float) -> tuple[str, FaceDetector]:
    """A detector and its name in the table."""
    long_side, tile = VARIANTS[variant]
    detector = load_detector(model, runtime=Runtime(), score=score, long_side=long_side, tile=tile, every_size=True)
    return detector.name if variant == "native" else f"{detector.name} {variant}", detector


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Recall by face height, false alarms and speed of face detectors.")
    parser.add_argument("models", nargs="+", help="embedded, ONNX files or pack:NAME")
    parser.add_argument("--scenes", type=Path, required=True, help="folder with maskon.zip and neg_*.zip")
    parser.add_argument("--teachers", nargs=2, metavar="ONNX", help="YuNet and RetinaFace, which give the landmarks")
    parser.add_argument("--truth", type=Path, default=Path("out/truth.jsonl"), help="where their answers are stored")
    parser.add_argument("--all", action="store_true", help="also what the embedded detector was trained on")
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=["native"], help="how each is run")
    parser.add_argument("--rounds", type=int, default=9, help="timing rounds over all detectors")
    parser.add_argument("--plot", type=Path, help="also draw recall over height into this PNG")
    parser.add_argument("--write", type=Path, help="document whose section `detectors` is replaced")
    return parser


if __name__ == "__main__":
    main()
