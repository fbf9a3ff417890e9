"""`make demo`: the whole pipeline on a clip of known people, with nothing to download beyond Python packages.

People of docs/walkers walk through a painted hall up to a camera, from 11 to about 40 pixels. All but two are enrolled
from the sharp portrait. Clip and enrolment show the same portrait, so the demo shows that the pipeline works at these
sizes, and not how well it tells people apart on another day. Every figure is computed from the clip's ground truth and
the events of this run.
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
from tests.synthetic.hall.people import Person, read_people
from tests.synthetic.hall.walk import CAMERA, HallWalk
from tests.synthetic.verdict import Fate, fates, fates_table, names_on_nobody
from tests.synthetic.video import Truth, write_clip
from tests.synthetic.walk import FACE_M

ROOT = Path(__file__).parents[2]
OUT = ROOT / "out" / "demo"
REPORT = OUT / "report"
CLIP = "hall.mp4"
ORDER = ("Luca", "Eileen", "Kofi", "Noor", "Mei", "Omar", "Greta", "Rafael")
STRANGERS = ("Noor", "Rafael")  # not enrolled, so they must stay unknown
NEAR_PX = 24.0  # face height in pixels by which most people must be followed
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
    models = ("--detector", detector, "--recognizer", recognizer, "--gallery", str(OUT / "people.db"))
    everybody = cast()
    console.print(f"Making a clip in which {len(everybody)} people walk up to a camera …")
    walk = HallWalk(everybody)
    clip = film(walk, OUT / CLIP)
    if enrol([one for one in everybody if one.name not in STRANGERS], models):
        console.print("[red]Enrolment refused the portraits listed above; these people walk as strangers.[/]")
    if code := pipeline("--source", str(clip), *models):
        return code
    return summarise(walk.truth, ORDER, OUT / "people.db", CAMERA.distance)


def cast() -> list[Person]:
    """Everybody in the order in which they walk."""
    by_name = {one.name: one for one in read_people()}
    return [by_name[name] for name in ORDER]


def film(walk: HallWalk, path: Path) -> Path:
    """Write the clip as a camera would, in H.264."""
    return write_clip(path, walk.frames(), fps=walk.camera.fps, preset="veryfast", crf="24")


def run_painted() -> int:
    """The same with painted people and hand-made networks: quick and exact, but not about faces."""
    from tests.synthetic.world import World

    console.print("Painted people and hand-made networks: this shows the pipeline, not how accurate it is on faces.")
    names = ("Ada", "Grace", "Hedy")
    world = World(OUT, names=names, seconds=10, size=(640, 360), face_px=(10, 60))
    if code := pipeline("--source", str(world.clip), "--config", str(world.config)):
        return code
    return summarise(world.truth, [*names, "a stranger"], world.gallery, None)


def enrol(known: Sequence[Person], models: Sequence[str]) -> int:
    """Enrol these people from one sharp portrait each; the command prints whom it took or refused."""
    shutil.rmtree(OUT / "portraits", ignore_errors=True)
    (OUT / "portraits").mkdir(parents=True)
    for one in known:
        cv2.imwrite(str(OUT / "portraits" / f"{one.name}.png"), one.photo)
    return run("-m", "recognizer.gallery", "enroll", str(OUT / "portraits"), *models)


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
    found = fates(truth, names, enrolled, events)
    console.print(fates_table(found, metres))
    if metres:
        console.print(f"[dim]Metres: of faces {FACE_M} m high in this clip, whose lens is {CAMERA.view:g}° wide.[/]")
    for line in _sentences(found, len(names_on_nobody(truth, events))):
        console.print(line)
    code = _verdict(found, events)
    console.print(f"Open this in a browser: [bold]{os.path.relpath(REPORT / 'index.html', ROOT)}[/]")
    return code


def _sentences(found: Sequence[Fate], phantoms: int) -> Sequence[str]:
    known, wrong = [one for one in found if one.enrolled], sum(len(one.wrong) for one in found) + phantoms
    count = sum(one.named is not None for one in known)
    lines = [f"{count} of {len(known)} enrolled people were named; {len(found) - len(known)} strangers walked along."]
    if wrong:
        lines.append(f"[bold white on red] {wrong} WRONG NAMES [/] (the worst failure: see the report)")
    else:
        lines.append("No name was wrong.")
    missed = [one for one in known if one.named is None]
    return [*lines, *(f"{one.name} was never named ({one.last or 'never followed'})." for one in missed)]


def _verdict(found: Sequence[Fate], events: Sequence[dict[str, Any]]) -> int:
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
