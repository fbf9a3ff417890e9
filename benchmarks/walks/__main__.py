"""Who is named while walking up to a camera, after one photograph: right, wrong, never, at what size, and why not.

People of LFW with four photographs and more are drawn by seed and enrolled from one by the command that users type.
They walk in a clip made from another, their faces growing from 10 to 60 px, with blur, noise and H.264, in real streets
and with strangers among them. Each recogniser runs three times: in the whole pipeline; with true boxes and landmarks
instead of the detector's; and on ideal chips of the same sizes without video. The difference between two rows is what
detection, and what video, costs.

    python -m benchmarks.walks --data lfw-view2.zip --scenes neg_street.zip --recognizer base tiny \\
        --write docs/results/walks.md

Without --data the generated portraits of docs/faces walk: their enrolment shows the same portrait, so it only shows
that everything runs.
"""

import argparse
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console

from benchmarks.section import print_markdown, provenance
from benchmarks.walks.clips import Clip, write_clips
from benchmarks.walks.people import WalkingPerson, draw_people, enroll
from benchmarks.walks.portraits import read_portraits
from benchmarks.walks.runs import Recorder, find_truth, make_settings, run_chips, run_clips, tell_scores
from benchmarks.walks.score import TALLY_HEADS, Strictest, Truths, name_no_stranger, tally
from benchmarks.walks.sheet import write_sheet
from configs.markdown import table
from detectors.arrays import Image
from detectors.pictures import decode_picture
from pipeline.events import Event, Evidence
from pipeline.settings.types import Settings
from recognizer.population import read_people

ROOT = Path(__file__).parents[2]
PROFILES = ROOT / "configs" / "recognizers"
RATES = (0.001, 0.01, 0.05)
PAGE = """\
# Walks

Made by `python -m benchmarks.walks`; do not edit.

{enrolled} people are enrolled from one photograph each and walk up to a camera in clips made from another photograph,
{strangers} strangers among them. Faces grow from 10 to 60 px; blur, noise and H.264 are real, bodies are painted, the
streets are photographs. *Right*, *wrong* and *never* are out of all {enrolled}, also where enrolment refused the
photograph; the first name counts. *Retracted* names count once more there. First right names: median (least to most).

| faces | what is used |
| --- | --- |
| detector | the whole pipeline |
| ideal landmarks | true boxes and landmarks instead of the detector's, in the same clips |
| ideal chips | the same photographs shrunk to the same sizes: no detector, no video, nobody in front |

*No stranger* is the limit that the surest stranger just misses, applied to each track's last decision: by its score,
and by its chance (`evidence.false_alarm`).
"""


@dataclass(frozen=True)
class Walks:
    """The clips, everybody in them, and the answers of the detector so far."""

    clips: Sequence[Clip]
    people: Sequence[WalkingPerson]
    recorder: Recorder

    @property
    def known(self) -> set[str]:
        """Everybody with a photograph to enrol."""
        return {person.name for person in self.people if person.photo is not None}


def main() -> None:
    """Print the tables, and write the page on request."""
    options = _parser().parse_args()
    walks = prepare(options)
    parts = [measure(walks, model, options) for model in options.recognizer]
    strangers = len(walks.people) - len(walks.known)
    head = PAGE.format(enrolled=len(walks.known), strangers=strangers)
    text = "\n\n".join([head.rstrip(), provenance("benchmarks.walks"), *parts])
    print_markdown(text)
    if options.write:
        options.write.parent.mkdir(parents=True, exist_ok=True)
        options.write.write_text(text + "\n", encoding="utf-8")


def prepare(options: argparse.Namespace) -> Walks:
    """Draw the people and write their clips."""
    faces = read_people(Path(options.data)) if options.data else read_portraits(ROOT / "docs" / "faces")
    people = draw_people(faces, options.people, options.strangers, seed=options.seed)
    backgrounds = read_pictures(Path(options.scenes)) if options.scenes else [plain_wall()]
    options.out.mkdir(parents=True, exist_ok=True)
    clips = write_clips(people, backgrounds, options.out, seed=options.seed)
    write_sheet([clip.path for clip in clips], options.out / "sheet.png")
    return Walks(clips, people, Recorder())


def measure(walks: Walks, model: str, options: argparse.Namespace) -> str:
    """Enrol with one recogniser and run all walks; its part of the page."""
    console, folder = Console(stderr=True), options.out / Path(model).stem
    flags = ["--recognizer", model]
    profile = Path(options.chip_spec or PROFILES / f"{Path(model).stem}.yaml")
    if Path(model).is_file() and profile.is_file():
        flags += ["--chip-spec", str(profile)]
    gallery, taken, printed = enroll(walks.people, folder, flags)
    (folder / "enrolment.txt").write_text(printed, encoding="utf-8")
    rows, strictest = [], []
    for faces in ("detector", "ideal landmarks", "ideal chips"):
        runs = []
        for rate in options.false_alarm:
            settings = make_settings(walks.clips, [*flags, "--gallery", str(gallery), "--false-alarm", str(rate)])
            runs.append(run(walks, tell_scores(settings), faces))  # which changes no name
            rows.append([faces, f"{rate:g}", *tally(*runs[-1], walks.known).cells()])
            console.print(f"{Path(model).stem}: {', '.join(rows[-1])}")
        told = runs[0]
        by_score, by_chance = (name_no_stranger(*told, walks.known, value) for value in (_score, _sureness))
        strictest.append([faces, *_cells(by_score, by_score.limit), *_cells(by_chance, -by_chance.limit)])
    heads = ["faces", "right by score", "wrong", "limit", "right by chance", "wrong", "limit"]
    return "\n\n".join(
        [
            f"## {Path(model).stem}",
            f"Enrolment took {len(taken)} of {len(walks.known)} photographs.",
            table(["faces", "false_alarm", *TALLY_HEADS], rows),
            "At the limit that names no stranger:",
            table(heads, strictest),
        ]
    )


def run(walks: Walks, settings: Settings, faces: str) -> tuple[list[Event], Truths]:
    """The events of one run, and the truth of each camera."""
    if faces == "ideal chips":
        return run_chips(settings, walks.people)
    change = walks.recorder.wrap if faces == "detector" else find_truth(walks.clips)
    return run_clips(settings, change), {clip.camera: clip.truth for clip in walks.clips}


def read_pictures(path: Path) -> list[Image]:
    """All pictures of a zip, by name."""
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name.lower().endswith((".webp", ".jpg", ".png")))
        pictures = [decode_picture(archive.read(name)) for name in names]
        return [picture for picture in pictures if picture is not None]


def plain_wall() -> Image:
    """A background where none is given."""
    rough = np.random.default_rng(0).integers(90, 130, (27, 48, 3), np.uint8)
    return np.asarray(cv2.resize(rough, (480, 270), interpolation=cv2.INTER_CUBIC), np.uint8)


def _score(evidence: Evidence) -> float:
    return evidence.score


def _sureness(evidence: Evidence) -> float:
    return -1.0 if evidence.false_alarm is None else -evidence.false_alarm


def _cells(found: Strictest, limit: float) -> list[str]:
    return [str(found.right), str(found.wrong), f"{limit:.3g}"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.walks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recognizer", nargs="+", default=["embedded"], help="tiny, base, or an ONNX file")
    parser.add_argument("--chip-spec", default="", help="YAML with chip_spec and calibration of an ONNX file")
    parser.add_argument("--data", default="", help="folder or zip of person/picture, aligned, 112 px")
    parser.add_argument("--scenes", default="", help="zip of pictures of streets without faces")
    parser.add_argument("--people", type=int, default=40, help="how many are enrolled (40)")
    parser.add_argument("--strangers", type=int, default=20, help="how many walk along (20)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--false-alarm", type=float, nargs="+", default=RATES, help="rates of the curve")
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "walks", help="folder of clips and galleries")
    parser.add_argument("--write", type=Path, metavar="MD", help="also write the page")
    return parser


if __name__ == "__main__":
    main()
