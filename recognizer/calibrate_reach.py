"""Measures how far a calibration reaches (`recognizer.reach`), and writes it into the calibration's file.

Views of people of --data are compared with all photographs of the others: strangers that the recogniser has not learnt
from. They are compared with the faces of --learnt too, and those figures are marked: what it was taught it tells apart
better than strangers. Sizes and looks beyond those measured count as the nearest.

    python -m recognizer.calibrate_reach --recognizer large --data lfw-view2.zip --out calibration_large.yaml
"""

import argparse
import datetime
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

from detectors.arrays import Float32, Mask
from detectors.runtime import Runtime
from recognizer.base import Recognizer
from recognizer.calibration import Calibration, per_comparison
from recognizer.calibration_part import write_part
from recognizer.intervals import bootstrap_interval
from recognizer.load import Scoring, load_recognizer, open_scoring
from recognizer.normalisation import Nearness
from recognizer.onnx import OnnxRecognizer, read_chip_spec
from recognizer.population import read_pictures
from recognizer.reach import CountedPoint, Reach, ReachBand
from recognizer.reach_templates import ReachTemplates, View, load_templates, read_once, read_templates
from recognizer.tail_fit import TailScores, continue_tail

RATES = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12)
SHARES = (0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
POINT_FACES, POINT_RATE = 1000, 0.001  # points are counted at the default threshold of so many faces
DRAWS = 7  # galleries of so many faces


def main(arguments: list[str] | None = None) -> int:
    """Measure and write; returns 0."""
    options = _parser().parse_args(arguments)
    recognizer = load_recognizer(options.recognizer, runtime=Runtime(threads=options.threads))
    scoring = open_scoring(recognizer, model=options.recognizer)
    if options.templates and options.templates.is_file():
        templates = load_templates(options.templates)
    else:
        templates = _read(options, recognizer, scoring)
    data = [options.data.name, *(path.name for path in options.learnt)]
    command = ["--recognizer", options.recognizer, "--data", data[0], "--probes", str(options.probes)]
    command += ["--learnt", *data[1:], "--learnt-with", options.learnt_with.name] if options.learnt else []
    reach = measure_reach(templates, scoring)
    reach = msgspec.structs.replace(
        reach,
        command=f"python -m recognizer.calibrate_reach {shlex.join(command)}",
        data=", ".join(data),
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
    )
    write_part(options.out, "reach", reach)
    return 0


def measure_reach(templates: ReachTemplates, scoring: Scoring) -> Reach:
    """Tails, what people themselves reach, and points of galleries of several sizes; without where it comes from."""
    owners = np.array(templates.people)
    strangers = np.array(templates.probes)[:, None] != owners[None]
    rows = [int(np.argmax(owners == name)) for name in templates.probes]  # the first photograph is the enrolled one
    several = np.array([np.sum(owners == name) > 1 for name in templates.probes])
    cohort = scoring.cohort
    near_faces = cohort.nearness(templates.faces) if cohort else None
    near_learnt = cohort.nearness(templates.learnt) if cohort else None
    bands: list[ReachBand] = []
    points: list[CountedPoint] = []
    for view in templates.views:
        scores = score(view.templates, templates.faces, scoring, near_faces)
        curve = continue_tail(TailScores.of(scores, strangers), RATES)
        genuine = np.quantile(scores[np.arange(len(rows)), rows][several], [1 - share for share in SHARES])
        found = tuple(round(float(value), 4) for value in genuine)
        bands.append(
            ReachBand(
                px=view.px,
                looks=round(view.looks, 2),
                middle=curve.middle,
                least=curve.least,
                most=curve.most,
                genuine=found,
            )
        )
        points += list_points(view, scores, strangers, scoring.calibration, learnt=False)
        if len(templates.learnt):
            of_learnt = score(view.templates, templates.learnt, scoring, near_learnt)
            points += list_points(view, of_learnt, np.ones(of_learnt.shape, bool), scoring.calibration, learnt=True)
    counted = min(rate for rate in RATES if rate * strangers.sum() >= 10)
    return Reach(
        command="",
        data="",
        date="",
        rates=RATES,
        counted=counted,
        shares=SHARES,
        bands=tuple(bands),
        points=tuple(points),
    )


def list_points(
    view: View, scores: Float32, strangers: Mask, calibration: Calibration, *, learnt: bool
) -> Iterator[CountedPoint]:
    """How many views reach the threshold of POINT_FACES with anybody: in galleries of so many, and of all faces."""
    threshold = calibration.threshold(view.px, view.looks, per_comparison(POINT_RATE, POINT_FACES))
    reached = (scores >= threshold) & strangers
    order = np.random.default_rng(0).permutation(scores.shape[1])
    draws = [order[start : start + POINT_FACES] for start in range(0, len(order) - POINT_FACES + 1, POINT_FACES)]
    for galleries in (draws[:DRAWS], [order]):
        if not galleries:
            continue
        named = np.stack([reached[:, rows].any(axis=1) for rows in galleries])
        low, high = bootstrap_interval(named)
        yield CountedPoint(
            px=view.px,
            looks=round(view.looks, 2),
            faces=len(galleries[0]),
            learnt=learnt,
            score=round(threshold, 4),
            strangers=named.shape[1],
            share=round(float(named.mean()), 5),
            low=round(low, 5),
            high=round(high, 5),
        )


def score(templates: Float32, faces: Float32, scoring: Scoring, near_faces: Nearness | None) -> Float32:
    """Scores (T,F) as decisions compare them. near_faces: the faces' nearness to the cohort, where there is one."""
    cosines: Float32 = templates @ faces.T
    if scoring.cohort is None or near_faces is None:
        return cosines
    return scoring.cohort.normalise(cosines, scoring.cohort.nearness(templates), near_faces)


def _read(options: argparse.Namespace, recognizer: Recognizer, scoring: Scoring) -> ReachTemplates:
    learnt = np.zeros((0, recognizer.dim), np.float32)
    if options.learnt:
        runtime = Runtime(threads=options.threads)
        reader = OnnxRecognizer(options.learnt_with, read_chip_spec(options.learnt_with), runtime)
        learnt = _read_learnt(reader, options.learnt)
    lengths = scoring.calibration.lengths
    templates = read_templates(recognizer, options.data, lengths, probes=options.probes, learnt=learnt)
    if options.templates:
        templates.save(options.templates)
    return templates


def _read_learnt(recognizer: Recognizer, sources: Sequence[Path]) -> Float32:
    return np.concatenate([read_once(recognizer, read_pictures(source)) for source in sources])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recognizer", required=True, help="tiny, base or large")
    parser.add_argument("--data", required=True, type=Path, help="folder or zip of person/picture, not learnt from")
    parser.add_argument("--learnt", nargs="*", default=[], type=Path, help="zips of faces that were learnt from")
    parser.add_argument("--learnt-with", type=Path, help="student that reads those, once each: an ONNX file")
    parser.add_argument("--probes", type=int, default=1000, help="people whose views are compared (1000)")
    parser.add_argument("--templates", type=Path, help="file to keep what was read, or to use instead of reading")
    parser.add_argument("--out", required=True, type=Path, help="file of glimpse calibrate that gets the reach")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (1)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
