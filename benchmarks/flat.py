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
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.section import print_markdown, provenance, write_section
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
SIZES_PX = (16, 24, 32, 48, 64, 96, 128)
HALVES = {"even": 0, "odd": 1}
MIN_SOURCE_PX = 90  # height of a face in a portrait that is worth showing
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
class Told:
    """A sink that remembers what the events said of each track, and how large its face was."""

    warnings: dict[int, tuple[str, ...]] = field(default_factory=dict)
    named: set[int] = field(default_factory=set)
    heights: defaultdict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    def on_event(self, event: Event) -> None:
        if isinstance(event, TrackEvent) and event.evidence:
            self.warnings[event.track] = event.evidence.warnings
            if event.evidence.state == "named":
                self.named.add(event.track)

    def on_frame(self, result: FrameResult) -> None:
        for one in result.tracks:
            self.heights[one.id].append(one.face_px)

    def close(self) -> None: ...

    @property
    def main(self) -> int | None:
        """The track that was seen longest; None where nothing was followed."""
        return max(self.heights, key=lambda number: len(self.heights[number]), default=None)


@dataclass
class Counts:
    """Clips in which the face was followed, in which it was warned of, and in which it got the right name."""

    seen: int = 0
    warned: int = 0
    named: int = 0

    def add(self, told: Told) -> None:
        """Count one clip."""
        if (number := told.main) is not None:
            self.seen += 1
            self.warned += bool(told.warnings.get(number))
            self.named += number in told.named

    def cell(self) -> str:
        return f"{self.warned} of {self.seen}"


def main() -> None:
    """Print the tables, and write them on request."""
    options = _parser().parse_args()
    portraits = read_portraits(options.portraits)[HALVES[options.half] :: 2]
    scenes = read_scenes(options.scenes)
    with TemporaryDirectory() as folder:
        gallery = enrol(portraits, Path(folder))
        found: defaultdict[tuple[str, str, int], Counts] = defaultdict(Counts)
        shows = list(plan(options.repeats))
        for show in track(shows, "shown", console=Console(stderr=True)):
            clip = film(show, portraits, scenes, Path(folder) / "clip.mp4", half=options.half)
            found[show.kind, show.motion.name, show.px].add(follow(clip, "--gallery", str(gallery)))
    parts = [provenance("benchmarks.flat"), _shown_tables(found, len(portraits))]
    if options.footage:
        clips = sorted(options.footage.iterdir())[HALVES[options.half] :: 2]
        parts.append(_footage_table([(clip.name, follow(clip)) for clip in track(clips, "footage")]))
    text = "\n\n".join(parts)
    print_markdown(text)
    if options.write:
        write_section(options.write, "flat", text)


def plan(repeats: int) -> Iterator[Show]:
    """All clips, in order."""
    cases = [(px, motion, kind) for px in SIZES_PX for motion in MOTIONS for kind in (*CARRIERS, None)]
    for number, (px, motion, kind) in enumerate(case for case in cases for _ in range(repeats)):
        yield Show(number, px, motion, kind)


def film(show: Show, portraits: Sequence[Portrait], scenes: Sequence[Image], path: Path, *, half: str) -> Path:
    """Make one clip; what is drawn follows from its number and the half."""
    random = np.random.default_rng([show.number, HALVES[half]])
    portrait = portraits[int(random.integers(len(portraits)))]
    room = pick_room(scenes, random) if scenes else paint_room(CAMERA)
    poses = draw_poses(show.motion, random)
    if show.carrier:
        frames = film_photograph(portrait, show.carrier, poses, room, show.px, random)
    else:
        frames = film_head(portrait, poses, room, show.px, random)
    return write_clip(path, frames, fps=CAMERA.fps, preset="veryfast", crf="24")


def follow(clip: Path, *flags: str) -> Told:
    """Run the whole pipeline on one clip."""
    told = Told()
    command = ["--source", str(clip), "--bind", "none", "--recognizer", EMBEDDED, *flags]
    job = build(effective_settings(parse_command_line(command)), Outputs(), listeners=[told])
    if failed := job.run():
        raise RuntimeError("; ".join(failed))
    return told


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


def read_portraits(archive: Path | None) -> list[Portrait]:
    """Portraits with a large face, of a zip, or of docs/faces and docs/walkers."""
    detector = load_detector(EMBEDDED, runtime=Runtime(), score=0.5, every_size=True)
    files = [*(ROOT / "docs" / "faces").iterdir(), *(ROOT / "docs" / "walkers").iterdir()]
    pictures = _unzip(archive) if archive else [(path.name, path.read_bytes()) for path in sorted(files)]
    found = []
    for name, data in pictures:
        photo = decode_picture(data)
        portrait = None if photo is None else read_portrait(name, photo, detector)
        if portrait is not None and portrait.box[3] - portrait.box[1] >= MIN_SOURCE_PX:
            found.append(portrait)
    return found


def read_scenes(archive: Path | None) -> list[Image]:
    """Pictures to stand in front of; empty: a painted hall."""
    decoded = [decode_picture(data) for _, data in _unzip(archive)] if archive else []
    return [picture for picture in decoded if picture is not None]


def _unzip(archive: Path) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as files:
        names = sorted(name for name in files.namelist() if name.endswith((".webp", ".jpg", ".png")))
        return [(name, files.read(name)) for name in names]


def _shown_tables(found: dict[tuple[str, str, int], Counts], people: int) -> str:
    heads = ["what is shown", "how", *(f"{px} px" for px in SIZES_PX)]
    kinds = [*(carrier.name for carrier in CARRIERS), HEAD]
    rows = [
        [kind, motion.name, *(found[kind, motion.name, px].cell() for px in SIZES_PX)]
        for kind in kinds
        for motion in MOTIONS
    ]
    named: Counter[int] = Counter()
    seen: Counter[int] = Counter()
    for (kind, _, px), counts in found.items():
        if kind != HEAD:
            named[px] += counts.named
            seen[px] += counts.seen
    names = [["photographs that got the name", "all", *(f"{named[px]} of {seen[px]}" for px in SIZES_PX)]]
    return (
        f"Clips in which the flat warning came, of those in which the face was followed ({people} people, each enrolled "
        f"from the photograph that is shown):\n\n{table(heads, rows + names)}"
    )


def _footage_table(clips: Sequence[tuple[str, Told]]) -> str:
    rows = []
    for name, told in clips:
        medians = [float(np.median(heights)) for heights in told.heights.values()]
        large = sum(median >= 32 for median in medians)
        warned = sum(bool(told.warnings.get(number)) for number in told.heights)
        rows.append([name, str(len(medians)), str(large), str(warned)])
    total = [str(sum(int(row[column]) for row in rows)) for column in (1, 2, 3)]
    heads = ["real clip", "tracks of faces", "of 32 px and more", "warned"]
    return f"Real people, none of whom is a photograph:\n\n{table(heads, [*rows, ['all', *total]])}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.flat", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--portraits", type=Path, help="zip of pictures of one large face each")
    parser.add_argument("--scenes", type=Path, help="zip of pictures to stand in front of")
    parser.add_argument("--footage", type=Path, help="folder of clips of real people")
    parser.add_argument("--half", choices=sorted(HALVES), default="odd", help="of faces, clips and seeds (odd)")
    parser.add_argument("--repeats", type=int, default=4, help="clips of each kind, motion and size (4)")
    parser.add_argument("--write", type=Path, metavar="MD", help="also put the tables into this document, section flat")
    return parser


if __name__ == "__main__":
    main()
