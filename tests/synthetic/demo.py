"""`make demo`: the whole pipeline on a clip of known people, with nothing to download beyond Python packages.

People are cut out of photographs that come inside a dependency and walk up to a painted camera from 10 to 60 pixels.
They are enrolled from the sharp photograph, all but two. The surprising thing to keep in mind: clip and enrolment are
one and the same photograph, so the demo shows that the pipeline works at these sizes, and says nothing about how well
people are told apart on another day. Every figure is computed from the clip's ground truth and the events of this run.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
from rich.console import Console

from recognizer.gallery.store import Gallery
from tests.synthetic.cutouts import Cutout, cutouts
from tests.synthetic.verdict import Person, on_nobody, people, told
from tests.synthetic.video import Truth, write_clip
from tests.synthetic.walk import FACE_M, Camera, Walk

ROOT = Path(__file__).parents[2]
OUT = ROOT / "out" / "demo"
REPORT = OUT / "report"
STRANGERS = (1, 5)  # from the left: whoever is not enrolled must stay unknown
NEAR = 24.0  # face height, pixels, at which a detector that works has found most people
OWN = ("source", "recognizer", "chip-spec", "gallery")

console = Console(soft_wrap=True, highlight=False)


def main(arguments: Sequence[str]) -> int:
    """Run the demo on people from photographs, on painted ones, or on footage of the user's own."""
    given = flags().parse_args(arguments)
    if given.source:
        chosen = {flag: getattr(given, flag.replace("-", "_")) for flag in (*OWN, "detector")}
        return pipeline(*(part for flag, value in chosen.items() if value for part in (f"--{flag}", value)))
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "people.db").unlink(missing_ok=True)
    return painted() if given.painted else photographed(given.detector or "embedded", given.recognizer or "embedded")


def flags() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__.splitlines()[0])
    for name in (*OWN, "detector"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--painted", action="store_true", help="painted people and hand-made networks")
    return parser


def photographed(detector: str, recognizer: str) -> int:
    """Make the clip, enrol, run, and compare."""
    everybody = cutouts()
    camera = Camera()
    console.print(f"Making a clip in which {len(everybody)} people walk up to a camera …")
    walk = Walk(everybody, camera)
    clip = write_clip(OUT / "walk.mp4", walk.frames(), fps=camera.fps, preset="veryfast", crf="26")
    models = ("--detector", detector, "--recognizer", recognizer, "--gallery", str(OUT / "people.db"))
    known = [one for number, one in enumerate(everybody) if number not in STRANGERS]
    if enrol(known, models):
        console.print("[red]Enrolment refused what the table above says; whoever it refused walks as a stranger.[/]")
    if code := pipeline("--source", str(clip), *models):
        return code
    return summarise(walk.truth, [one.name for one in everybody], OUT / "people.db", camera.distance)


def painted() -> int:
    """The same with people that networks made by hand tell apart: exact, quick, and not about faces."""
    from tests.synthetic.world import World

    console.print("Painted people and hand-made networks: this shows the pipeline, not the accuracy on faces.")
    names = ("Ada", "Grace", "Hedy")
    world = World(OUT, names=names, seconds=10, size=(640, 360), face_px=(10, 60))
    if code := pipeline("--source", str(world.clip), "--config", str(world.config)):
        return code
    return summarise(world.truth, [*names, "a stranger"], world.gallery, None)


def enrol(known: Sequence[Cutout], models: Sequence[str]) -> int:
    """Enrol these people from one sharp photograph each; the command says what it took and refused."""
    shutil.rmtree(OUT / "photographs", ignore_errors=True)
    for one in known:
        folder = OUT / "photographs" / one.name
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / "sharp.png"), one.photo)
    return run("-m", "recognizer.gallery", "enroll", str(OUT / "photographs"), *models)


def pipeline(*arguments: str) -> int:
    """Run the pipeline with a report and an annotated video."""
    return run("run_pipeline.py", *arguments, "--report", str(REPORT), "--save-video")


def run(*arguments: str) -> int:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, check=False).returncode


def summarise(truth: Truth, names: Sequence[str], gallery: Path, metres: Callable[[float], float] | None) -> int:
    """Print who was seen when and first named how far away, and whether that is true; 1 where the pipeline failed."""
    events = [json.loads(line) for line in (REPORT / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    with Gallery(gallery) as store:
        enrolled = {person.name for person in store.people()}
    found = people(truth, names, enrolled, events)
    console.print(told(found, metres))
    if metres:
        console.print(f"Metres hold for faces {FACE_M} m high and a lens {Camera.view:g} degrees wide: the clip's.")
    for line in _words(found, len(on_nobody(truth, events))):
        console.print(line)
    console.print(f"Report: {os.path.relpath(REPORT / 'index.html', ROOT)}")
    return _verdict(found, events)


def _words(found: Sequence[Person], phantoms: int) -> Sequence[str]:
    known, wrong = [one for one in found if one.enrolled], sum(len(one.wrong) for one in found) + phantoms
    named = [one for one in known if one.named]
    strangers = len(found) - len(known)
    lines = [f"{len(named)} of {len(known)} enrolled people were named; {strangers} strangers walked along."]
    if wrong:
        lines.append(f"[bold white on red] {wrong} WRONG NAMES [/] (the worst that can happen; look at the report)")
    else:
        lines.append("No name was wrong.")
    lines += [f"{one.name} was never named ({one.last or 'never followed'})." for one in known if not one.named]
    return lines


def _verdict(found: Sequence[Person], events: Sequence[dict[str, Any]]) -> int:
    """Not being named is an answer. Failures: nobody enrolled, most not followed when near, a track without an end."""
    begun = {event["track"] for event in events if event["kind"] == "track" and event["action"] == "new"}
    ended = {event["track"] for event in events if event["kind"] == "track" and event["action"] == "end"}
    late = [one.name for one in found if one.followed is None or one.followed[1] > NEAR]
    trouble = {
        "Nobody could be enrolled.": not any(one.enrolled for one in found),
        f"Most were not followed before {NEAR:g} px.": 2 * len(late) > len(found),
        "Some tracks have no end.": begun != ended,
    }
    if late:
        console.print(f"Not followed before {NEAR:g} px: {', '.join(late)}.")
    for words in (words for words, is_so in trouble.items() if is_so):
        console.print(f"[bold red]{words}[/]")
    return int(any(trouble.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
