"""`make demo`: the whole pipeline on a clip of known people, with nothing to download beyond Python packages.

People are cut out of photographs that come inside a dependency, and walk up to a camera from 10 to 60 pixels. All but
two are enrolled from the sharp photograph. Clip and enrolment show the same photograph, so the demo shows that the
pipeline works at these sizes, and not how well it tells people apart on another day. Every figure is computed from the
clip's ground truth and the events of this run.
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

from pipeline.secrets.private_files import make_private_folder
from recognizer.gallery.store import Gallery
from tests.synthetic.cutouts import Cutout, cutouts
from tests.synthetic.verdict import Person, names_on_nobody, people, people_table
from tests.synthetic.video import Truth, write_clip
from tests.synthetic.walk import FACE_M, Camera, Walk

ROOT = Path(__file__).parents[2]
OUT = ROOT / "out" / "demo"
REPORT = OUT / "report"
STRANGERS = (1, 5)  # from the left: not enrolled, so they must stay unknown
NEAR_PX = 24.0  # face height in pixels by which most people must be followed
MIN_SCORE = 0.4  # of a face in a photograph to enrol: below the default, since each is known to show a face
OWN_FLAGS = ("source", "recognizer", "chip-spec", "gallery")

console = Console(soft_wrap=True, highlight=False)


def main(arguments: Sequence[str]) -> int:
    """Run the demo on people from photographs, on painted people, or on the user's own footage."""
    given = flags().parse_args(arguments)
    if given.source:
        chosen = {flag: getattr(given, flag.replace("-", "_")) for flag in (*OWN_FLAGS, "detector")}
        return pipeline(*(part for flag, value in chosen.items() if value for part in (f"--{flag}", value)))
    make_private_folder(OUT)
    (OUT / "people.db").unlink(missing_ok=True)
    if given.painted:
        return run_painted()
    return run_on_photographs(given.detector or "embedded", given.recognizer or "embedded")


def flags() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__.splitlines()[0])
    for name in (*OWN_FLAGS, "detector"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--painted", action="store_true", help="painted people and hand-made networks")
    return parser


def run_on_photographs(detector: str, recognizer: str) -> int:
    """Make the clip, enrol the people, run the pipeline, compare."""
    everybody = cutouts()
    camera = Camera()
    console.print(f"Making a clip in which {len(everybody)} people walk up to a camera …")
    walk = Walk(everybody, camera)
    clip = write_clip(OUT / "walk.mp4", walk.frames(), fps=camera.fps, preset="veryfast", crf="26")
    models = ("--detector", detector, "--recognizer", recognizer, "--gallery", str(OUT / "people.db"))
    known = [one for number, one in enumerate(everybody) if number not in STRANGERS]
    if enrol(known, models):
        console.print("[red]Enrolment refused the photographs listed above; these people walk as strangers.[/]")
    if code := pipeline("--source", str(clip), *models):
        return code
    return summarise(walk.truth, [one.name for one in everybody], OUT / "people.db", camera.distance)


def run_painted() -> int:
    """The same with painted people and hand-made networks: quick and exact, but not about faces."""
    from tests.synthetic.world import World

    console.print("Painted people and hand-made networks: this shows the pipeline, not how accurate it is on faces.")
    names = ("Ada", "Grace", "Hedy")
    world = World(OUT, names=names, seconds=10, size=(640, 360), face_px=(10, 60))
    if code := pipeline("--source", str(world.clip), "--config", str(world.config)):
        return code
    return summarise(world.truth, [*names, "a stranger"], world.gallery, None)


def enrol(known: Sequence[Cutout], models: Sequence[str]) -> int:
    """Enrol these people from one sharp photograph each; the command prints which it took or refused."""
    shutil.rmtree(OUT / "photographs", ignore_errors=True)
    for one in known:
        folder = OUT / "photographs" / one.name
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / "sharp.png"), one.photo)
    loose = ("--min-score", str(MIN_SCORE))
    return run("-m", "recognizer.gallery", "enroll", str(OUT / "photographs"), *models, *loose)


def pipeline(*arguments: str) -> int:
    """Run the pipeline with a report and an annotated video."""
    return run("run_pipeline.py", *arguments, "--report", str(REPORT), "--overwrite", "--save-video")


def run(*arguments: str) -> int:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, check=False).returncode


def summarise(truth: Truth, names: Sequence[str], gallery: Path, metres: Callable[[float], float] | None) -> int:
    """Print who was followed and named when, how far away, and whether that is true; 1 where the pipeline failed."""
    events = [json.loads(line) for line in (REPORT / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    with Gallery(gallery) as store:
        enrolled = {person.name for person in store.people()}
    found = people(truth, names, enrolled, events)
    console.print(people_table(found, metres))
    if metres:
        console.print(f"Metres hold for faces {FACE_M} m high and a lens {Camera.view:g} degrees wide: the clip's.")
    for line in _sentences(found, len(names_on_nobody(truth, events))):
        console.print(line)
    console.print(f"Report: {os.path.relpath(REPORT / 'index.html', ROOT)}")
    return _verdict(found, events)


def _sentences(found: Sequence[Person], phantoms: int) -> Sequence[str]:
    known, wrong = [one for one in found if one.enrolled], sum(len(one.wrong) for one in found) + phantoms
    named = [one for one in known if one.named]
    strangers = len(found) - len(known)
    lines = [f"{len(named)} of {len(known)} enrolled people were named; {strangers} strangers walked along."]
    if wrong:
        lines.append(f"[bold white on red] {wrong} WRONG NAMES [/] (the worst failure: see the report)")
    else:
        lines.append("No name was wrong.")
    return [*lines, *map(_first_name, known)]


def _first_name(person: Person) -> str:
    """At what face height an enrolled person was first named, or why never."""
    if person.named is None:
        return f"{person.name} was never named ({person.last or 'never followed'})."
    return f"{person.name} was first named at {person.named[1]:.0f} px."


def _verdict(found: Sequence[Person], events: Sequence[dict[str, Any]]) -> int:
    """1 where nobody is enrolled, most people are not followed when near, or a track has no end.

    A person who is not named is no failure.
    """
    begun = {event["track"] for event in events if event["kind"] == "track" and event["action"] == "new"}
    ended = {event["track"] for event in events if event["kind"] == "track" and event["action"] == "end"}
    late = [one.name for one in found if one.followed is None or one.followed[1] > NEAR_PX]
    trouble = {
        "Nobody could be enrolled.": not any(one.enrolled for one in found),
        f"Most were not followed before {NEAR_PX:g} px.": 2 * len(late) > len(found),
        "Some tracks have no end.": begun != ended,
    }
    if late:
        console.print(f"Not followed before {NEAR_PX:g} px: {', '.join(late)}.")
    for sentence in (sentence for sentence, applies in trouble.items() if applies):
        console.print(f"[bold red]{sentence}[/]")
    return int(any(trouble.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
