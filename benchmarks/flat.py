"""How often the flat warning comes: photographs and telephones that are held up, heads in depth, and real people.

Photographs and heads are those of `benchmarks.shown_faces`: the same faces, ways and angles, through H.264, the
detector and the whole pipeline. Real people are the clips of a folder. Figures of the warning were chosen on the even
half (--half even); what the documents state is the odd half.

    python -m benchmarks.flat --portraits closeups.zip --scenes neg_doors.zip --footage VIDEOS --write docs/security.md

Without --portraits the generated people of docs/faces and docs/walkers are shown, in front of a painted hall.
"""

import argparse
import contextlib
import io
import math
import multiprocessing
import os
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from benchmarks.section import print_markdown, provenance, write_section
from benchmarks.shown_faces import (
    CAMERA,
    CARRIERS,
    MOTIONS,
    STILL,
    Carrier,
    Motion,
    Portrait,
    draw_poses,
    film_head,
    film_photograph,
    pick_room,
    read_portrait,
)
from configs.markdown import table
from detectors.arrays import Image
from detectors.load import EMBEDDED, load_detector
from detectors.pictures import decode_picture
from detectors.runtime import Runtime
from pipeline.build import build
from pipeline.cli import effective_settings
from pipeline.events import Event, TrackEvent
from pipeline.settings.flags import parse_command_line
from pipeline.settings.outputs import Outputs
from pipeline.sink import FrameResult
from recognizer.gallery.__main__ import main as gallery_command
from tests.synthetic.hall.room import paint_room
from tests.synthetic.video import write_clip

ROOT = Path(__file__).parents[1]
SIZES_PX = (16, 24, 32, 48, 96)
CLIPS_A_RUN = 8
MAX_SCENES = 60
HALVES = {"even": 0, "odd": 1}
MIN_SOURCE_PX = 90  # height of a face in a portrait that is worth showing
LARGE_PX = 32
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


@dataclass
class Seen:
    """One track: whether it was ever warned of and named, and the heights of its face in pixels."""

    warned: bool = False
    named: bool = False
    heights: list[float] = field(default_factory=list)

    @property
    def median_px(self) -> float:
        return float(np.median(self.heights))


@dataclass
class Told:
    """A sink that remembers what the events said of each track, by camera and number."""

    tracks: dict[tuple[str, int], Seen] = field(default_factory=dict)

    def on_event(self, event: Event) -> None:
        if isinstance(event, TrackEvent) and event.evidence:
            seen = self.tracks.setdefault((event.camera, event.track), Seen())
            seen.warned |= bool(event.evidence.warnings)
            seen.named |= event.evidence.state == "named"

    def on_frame(self, result: FrameResult) -> None:
        for one in result.tracks:
            self.tracks.setdefault((one.camera, one.id), Seen()).heights.append(one.face_px)

    def close(self) -> None: ...

    def of(self, camera: str) -> list[Seen]:
        """The tracks of a camera that were faces."""
        return [seen for (name, _), seen in self.tracks.items() if name == camera and seen.heights]

    def longest(self, camera: str) -> Seen | None:
        """The track that was seen longest; None where nothing was followed."""
        return max(self.of(camera), key=lambda seen: len(seen.heights), default=None)


@dataclass
class Counts:
    """Clips in which the face was followed, in which it was warned of, and in which it got the right name."""

    seen: int = 0
    warned: int = 0
    named: int = 0

    def add(self, seen: Seen | None) -> None:
        """Count one clip."""
        if seen is not None:
            self.seen += 1
            self.warned += seen.warned
            self.named += seen.named

    def cell(self) -> str:
        return f"{self.warned} of {self.seen}"


def main() -> None:
    """Print the tables, and write them on request."""
    options = _parser().parse_args()
    portraits = read_portraits(options.portraits, half=options.half, most=options.people)
    scenes = read_scenes(options.scenes)
    real = sorted(options.footage.iterdir())[HALVES[options.half] :: 2] if options.footage else []
    shows = list(plan(options.repeats))
    context = multiprocessing.get_context("spawn")
    with TemporaryDirectory() as folder, ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        place = Path(folder)
        gallery = enrol(portraits, place)
        make = partial(film, portraits=portraits, scenes=scenes, folder=place, half=options.half)
        share = math.ceil(len(shows) / (os.cpu_count() or 1) / 2)  # all portraits and scenes travel with each
        clips = list(pool.map(make, shows, chunksize=share))
        runs = [clips[start : start + CLIPS_A_RUN] for start in range(0, len(clips), CLIPS_A_RUN)]
        told = join([*pool.map(partial(follow, gallery=gallery), runs), *pool.map(follow, [[clip] for clip in real])])
    found = {show: told.longest(clip.stem) for show, clip in zip(shows, clips, strict=True)}
    parts = [provenance("benchmarks.flat"), _shown_tables(found, len(portraits))]
    if real:
        parts.append(_footage_table(real, told))
    text = "\n\n".join(parts)
    print_markdown(text)
    if options.write:
        write_section(options.write, "flat", text)


def plan(repeats: int) -> Iterator[Show]:
    """All clips, in order: as many heads as photographs on two of the three carriers."""
    cases = [(px, motion, kind) for px in SIZES_PX for motion in MOTIONS for kind in (*CARRIERS, None, None)]
    for number, (px, motion, kind) in enumerate(case for case in cases for _ in range(repeats)):
        yield Show(number, px, motion, kind)


def film(show: Show, *, portraits: Sequence[Portrait], scenes: Sequence[Image], folder: Path, half: str) -> Path:
    """Make one clip; what is drawn follows from its number and the half."""
    random = np.random.default_rng([show.number, HALVES[half]])
    portrait = portraits[int(random.integers(len(portraits)))]
    room = pick_room(scenes, random) if scenes else paint_room(CAMERA)
    poses = draw_poses(show.motion, random)
    if show.carrier:
        frames = film_photograph(portrait, show.carrier, poses, room, show.px, random)
    else:
        frames = film_head(portrait, poses, room, show.px, random)
    return write_clip(folder / f"show{show.number}.mp4", frames, fps=CAMERA.fps, preset="veryfast", crf="24")


def follow(clips: Sequence[Path], gallery: Path | None = None) -> Told:
    """Run the whole pipeline on clips, one after the other; cameras are called as their files."""
    told = Told()
    sources = [part for clip in clips for part in ("--source", str(clip))]
    people = ["--gallery", str(gallery)] if gallery else []
    command = [*sources, "--bind", "none", "--recognizer", EMBEDDED, *people]
    job = build(effective_settings(parse_command_line(command)), Outputs(), listeners=[told])
    if failed := job.run():
        raise RuntimeError("; ".join(failed))
    return told


def join(parts: Iterable[Told]) -> Told:
    """What several runs told; their cameras have different names."""
    return Told({key: seen for part in parts for key, seen in part.tracks.items()})


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


def read_portraits(archive: Path | None, *, half: str, most: int) -> list[Portrait]:
    """Portraits with a large face, of one half of a zip, or of docs/faces and docs/walkers."""
    detector = load_detector(EMBEDDED, runtime=Runtime(), score=0.5, every_size=True)
    files = [*(ROOT / "docs" / "faces").iterdir(), *(ROOT / "docs" / "walkers").iterdir()]
    pictures = _unzip(archive) if archive else [(path.name, path.read_bytes()) for path in sorted(files)]
    found: list[Portrait] = []
    for name, data in pictures[HALVES[half] :: 2]:
        photo = decode_picture(data)
        portrait = None if photo is None else read_portrait(name, photo, detector)
        if portrait is not None and portrait.box[3] - portrait.box[1] >= MIN_SOURCE_PX:
            found.append(portrait)
        if len(found) == most:
            break
    return found


def read_scenes(archive: Path | None) -> list[Image]:
    """Pictures to stand in front of; empty: a painted hall."""
    decoded = [decode_picture(data) for _, data in _unzip(archive)[:MAX_SCENES]] if archive else []
    return [picture for picture in decoded if picture is not None]


def _unzip(archive: Path) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as files:
        names = sorted(name for name in files.namelist() if name.endswith((".webp", ".jpg", ".png")))
        return [(name, files.read(name)) for name in names]


def _shown_tables(found: Mapping[Show, Seen | None], people: int) -> str:
    by_row: defaultdict[tuple[str, int], Counts] = defaultdict(Counts)
    for show, seen in found.items():
        what = "head in depth" if show.carrier is None else "photograph"
        moves = show.carrier is not None and show.motion is not STILL
        for row in (f"{what}, {show.motion.name}", *([f"all on {show.kind} that move"] * moves)):
            by_row[row, show.px].add(seen)
        if show.carrier:
            by_row["named", show.px].add(seen)
    rows = [[row, *(by_row[row, px].cell() for px in SIZES_PX)] for row in dict.fromkeys(row for row, _ in by_row)]
    counts = [by_row["named", px] for px in SIZES_PX]
    names = ["photographs that got the name", *(f"{one.named} of {one.seen}" for one in counts)]
    heads = ["warned of", *(f"{px} px" for px in SIZES_PX)]
    return (
        f"Clips of four seconds in which the flat warning came at any time, of those in which the face was followed "
        f"({people} people, each enrolled from the photograph that is shown):\n\n"
        f"{table(heads, [*sorted(row for row in rows if row[0] != 'named'), names])}"
    )


def _footage_table(clips: Sequence[Path], told: Told) -> str:
    rows = []
    for clip in clips:
        seen = told.of(clip.stem)
        large = sum(one.median_px >= LARGE_PX for one in seen)
        rows.append([clip.name, str(len(seen)), str(large), str(sum(one.warned for one in seen))])
    total = [str(sum(int(row[column]) for row in rows)) for column in (1, 2, 3)]
    heads = ["real clip", "tracks of faces", f"of {LARGE_PX} px and more", "warned"]
    return f"Real people, none of whom is a photograph:\n\n{table(heads, [*rows, ['all', *total]])}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.flat", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--portraits", type=Path, help="zip of pictures of one large face each")
    parser.add_argument("--scenes", type=Path, help="zip of pictures to stand in front of")
    parser.add_argument("--footage", type=Path, help="folder of clips of real people")
    parser.add_argument("--half", choices=sorted(HALVES), default="odd", help="of faces, clips and seeds (odd)")
    parser.add_argument("--people", type=int, default=40, help="portraits that are shown at most (40)")
    parser.add_argument("--repeats", type=int, default=1, help="clips of each kind, motion and size (1)")
    parser.add_argument("--write", type=Path, metavar="MD", help="also put the tables into this document, section flat")
    return parser


if __name__ == "__main__":
    main()
