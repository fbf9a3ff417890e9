"""`make demo`: the whole pipeline on people that need no model download, or on real ones with models of your own.

The project ships no face detector yet, so the people are painted patterns, found and told apart by hand-made networks:
what runs is real (H.264, tracking, gallery, decisions, events, report), what is measured says nothing about faces.
Every figure printed is computed from the clip's ground truth and the events of this run.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from tests.synthetic.video import Truth
from tests.synthetic.world import ROOT, World

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
        named = {flag.replace("_", "-"): value for flag, value in vars(given).items() if value}
        chosen = [part for flag, value in named.items() for part in (f"--{flag}", value)]
        return pipeline(*chosen)
    console.print("Painted people and hand-made networks: this shows the pipeline, not the accuracy on faces.")
    (OUT / "people.db").unlink(missing_ok=True)
    # One more walks along than is enrolled: whoever is not known must stay unknown.
    world = World(OUT, names=PEOPLE, seconds=10, size=(640, 360), face_px=(10, 60))
    console.print(f"Enrolled from one sharp photograph each: {', '.join(PEOPLE)}.")
    return pipeline("--source", str(world.clip), "--config", str(world.config)) or summarise(world.truth)


def flags() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__.splitlines()[0])
    for name in ("source", "detector", "recognizer", "chip-spec", "gallery"):
        parser.add_argument(f"--{name}")
    return parser


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
