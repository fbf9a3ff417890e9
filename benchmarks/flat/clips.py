"""Clips to show to the pipeline: which there are, how they are made, and how they are followed."""

import contextlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from benchmarks.flat.seen import Seen, Told
from benchmarks.shown_faces import (
    CAMERA,
    CARRIERS,
    MOTIONS,
    Carrier,
    Motion,
    Portrait,
    draw_poses,
    film_head,
    film_photograph,
    pick_room,
)
from benchmarks.shown_pictures import HALVES, read_portraits, read_scenes
from detectors.arrays import Image
from detectors.load import EMBEDDED
from pipeline.build import build
from pipeline.cli import effective_settings
from pipeline.settings.flags import parse_command_line
from pipeline.settings.outputs import Outputs
from recognizer.gallery.__main__ import main as gallery_command
from tests.synthetic.hall.room import paint_room
from tests.synthetic.video import write_clip

SIZES_PX = (16, 24, 32, 48, 96)
HEAD = "head in depth"


@dataclass(frozen=True)
class Show:
    """One clip to make. carrier: None for a head."""

    number: int
    px: int
    motion: Motion
    carrier: Carrier | None

    @property
    def kind(self) -> str:
        return self.carrier.name if self.carrier else HEAD

    def __str__(self) -> str:
        return f"{self.kind}, {self.motion.name}, {self.px} px"


@dataclass(frozen=True)
class Pictures:
    """Where portraits and scenes come from, which half of them, and how many people at most."""

    portraits: Path | None
    scenes: Path | None
    half: str
    people: int


def plan(repeats: int) -> Iterator[Show]:
    """All clips, in order: as many heads as photographs on two of the three carriers."""
    cases = [(px, motion, kind) for px in SIZES_PX for motion in MOTIONS for kind in (*CARRIERS, None, None)]
    for number, (px, motion, kind) in enumerate(case for case in cases for _ in range(repeats)):
        yield Show(number, px, motion, kind)


@lru_cache(maxsize=1)
def open_pictures(pictures: Pictures) -> tuple[Sequence[Portrait], Sequence[Image]]:
    """Portraits and scenes; each process reads them once."""
    portraits = read_portraits(pictures.portraits, half=pictures.half, most=pictures.people)
    return portraits, read_scenes(pictures.scenes)


def watch_show(show: Show, *, pictures: Pictures, gallery: Path) -> list[Seen]:
    """Make one clip and follow it."""
    with TemporaryDirectory() as folder:
        return follow(film(show, pictures, Path(folder)), gallery)


def film(show: Show, pictures: Pictures, folder: Path) -> Path:
    """Make one clip; what is drawn follows from its number and the half."""
    portraits, scenes = open_pictures(pictures)
    random = np.random.default_rng([show.number, HALVES[pictures.half]])
    portrait = portraits[int(random.integers(len(portraits)))]
    room = pick_room(scenes, random) if scenes else paint_room(CAMERA)
    poses = draw_poses(show.motion, random)
    if show.carrier:
        frames = film_photograph(portrait, show.carrier, poses, room, show.px, random)
    else:
        frames = film_head(portrait, poses, room, show.px, random)
    return write_clip(folder / f"show{show.number}.mp4", frames, fps=CAMERA.fps, preset="veryfast", crf="24")


def follow(clip: Path, gallery: Path | None = None) -> list[Seen]:
    """Run the whole pipeline on a clip. Raises RuntimeError where it cannot be read."""
    told = Told()
    people = ["--gallery", str(gallery)] if gallery else []
    command = ["--source", str(clip), "--bind", "none", "--recognizer", EMBEDDED, "--fps", f"{CAMERA.fps:g}", *people]
    job = build(effective_settings(parse_command_line(command)), Outputs(), listeners=[told])
    if failed := job.run():
        raise RuntimeError("; ".join(failed))
    return told.faces


def enrol(portraits: Sequence[Portrait], folder: Path) -> Path:
    """Everybody is enrolled from the portrait that is shown: the best that somebody with a photograph can do."""
    for number, portrait in enumerate(portraits):
        home = folder / "people" / f"Person {number}"
        home.mkdir(parents=True)
        cv2.imwrite(str(home / "portrait.png"), portrait.photo)
    gallery = folder / "people.db"
    with contextlib.redirect_stdout(io.StringIO()):
        gallery_command(["enroll", str(folder / "people"), "--gallery", str(gallery)])
    return gallery
