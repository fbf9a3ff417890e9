"""`make demo`: the whole pipeline on people that need no model download, or on real ones with models of your own.

The project ships no face models yet, so the people are painted patterns, found and told apart by hand-made networks:
what runs is real (H.264, tracking, gallery, decisions, events, report), what is measured says nothing about faces.
Every figure printed is computed from the clip's ground truth and the events of this run.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from tests.synthetic.networks import write_detector, write_recognizer
from tests.synthetic.photos import write_photo
from tests.synthetic.video import Truth, walk_clip

ROOT = Path(__file__).parents[2]
OUT = ROOT / "out" / "demo"
PEOPLE = ("Ada", "Grace", "Hedy")
REPORT = OUT / "report"

console = Console()


def main(arguments: Sequence[str]) -> int:
    """Run the demo, on painted people unless a source and a detector are given."""
    given = flags().parse_args(arguments)
    if given.source and not given.detector:
        console.print("Real footage needs --detector FILE.onnx as well (YuNet or SCRFD format).")
        return 2
    if given.source:
        chosen = [part for flag, value in vars(given).items() if value for part in (f"--{flag}", value)]
        return pipeline(*chosen)
    console.print("Painted people and hand-made networks: this shows the pipeline, not the accuracy on faces.")
    truth = prepare()
    code = pipeline(
        *("--source", str(OUT / "walk.mp4"), "--gallery", str(OUT / "people.db")),
        *("--detector", str(OUT / "detector.onnx"), "--recognizer", str(OUT / "recognizer.onnx")),
        *("--config", str(OUT / "rule.yaml")),
    )
    return code or summarise(truth)


def flags() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__.splitlines()[0])
    for name in ("source", "detector", "recognizer", "gallery"):
        parser.add_argument(f"--{name}")
    return parser


def prepare() -> Truth:
    """Models, sharp photos, a gallery made from them, and a clip of the same people walking up; returns its truth."""
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "people.db").unlink(missing_ok=True)
    detector = write_detector(OUT / "detector.onnx")
    recognizer = write_recognizer(OUT / "recognizer.onnx")
    for number, name in enumerate(PEOPLE):
        write_photo(OUT / "faces" / name / "sharp.png", number)
    enroll = ["recognizer.gallery", "enroll", str(OUT / "faces"), "--gallery", str(OUT / "people.db")]
    run("-m", *enroll, "--detector", str(detector), "--recognizer", str(recognizer))
    # Every crop of a painted person embeds alike, which counts as one look however often it is taken.
    (OUT / "rule.yaml").write_text("decision: {min_effective: 1.0}\n")
    # One more walks along than is enrolled: whoever is not known must stay unknown.
    return walk_clip(OUT / "walk.mp4", people=len(PEOPLE) + 1, seconds=10, size=(640, 360), face_px=(10, 60))


def pipeline(*arguments: str) -> int:
    """Run the pipeline with a report and an annotated video."""
    code = run("run_pipeline.py", *arguments, "--report", str(REPORT), "--save-video")
    if code == 0:
        console.print(f"Report: {(REPORT / 'index.html').relative_to(ROOT)}")
    return code


def run(*arguments: str) -> int:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, check=False).returncode


def summarise(truth: Truth) -> int:
    """Print who was first named when, how large the face was, and whether the ground truth agrees."""
    named = [event for event in read_events() if event["kind"] == "identity" and event["action"] != "retracted"]
    table = Table("named", "at second", "face height, px", "really", box=None, pad_edge=False)
    wrong = 0
    for event in named:
        really = nearest(truth, event["media_time"], event["box"])
        wrong += really != event["person"]
        table.add_row(event["person"], f"{event['media_time']:.2f}", f"{event['face_px']:.0f}", really)
    console.print(table)
    missed = set(PEOPLE) - {event["person"] for event in named}
    console.print(f"{len(named)} names, {wrong} wrong, {len(missed)} of {len(PEOPLE)} people never named")
    return int(bool(wrong or missed))


def read_events() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (REPORT / "events.jsonl").read_text(encoding="utf-8").splitlines()]


def nearest(truth: Truth, time: float, box: Sequence[float]) -> str:
    """Who really stood nearest to this box then."""
    boxes = truth.boxes[round(time * truth.fps)]
    number = min(boxes, key=lambda one: np.abs(np.subtract(boxes[one], box)).sum())
    return PEOPLE[number] if number < len(PEOPLE) else "a stranger"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
