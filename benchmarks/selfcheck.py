"""Whether the self-check finds planted faults, and how often it is wrong on sites without one.

Sites are made of people whom its expectations have not seen (`recognizer.calibrate_links.half_of`). A site has two
cameras, each with its own face height, blur, noise and compression, and 40 enrolled people; a night of a camera is a
film of 64 others. After clean nights comes one with a fault: red and blue swapped before the recogniser, chips cut half
a pixel beside, the calibration of another recogniser, or a lens out of focus. How often a clean site is
suspected is counted on nights that are drawn again from all faces of a camera.

    python -m benchmarks.selfcheck --data lfw-view2.zip --write docs/selfcheck.md
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from rich.console import Console

from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from detectors.arrays import Chips, Float32, Image
from detectors.runtime import Runtime
from glimpse.selfcheck.check import SelfCheck, Site, check_site
from glimpse.selfcheck.expected import open_expected
from glimpse.selfcheck.figures import CameraFigures, Reader
from glimpse.selfcheck.made_site import film_site
from glimpse.selfcheck.mean_face import load_mean_face
from glimpse.selfcheck.measure import draw_pictures, enrol
from glimpse.selfcheck.seen_track import SeenTrack
from pipeline.site.selfcheck_file import SelfCheckState
from recognizer.base import Readings, Recognizer
from recognizer.calibration import Calibration, read_calibration
from recognizer.chips import cut_chip
from recognizer.filmed import FACES, Camera, draw_conditions
from recognizer.gallery.index import GalleryIndex
from recognizer.intervals import share_interval
from recognizer.load import Scoring, load_recognizer, open_scoring, shipped_calibration
from recognizer.spec import ChipSpec

HALF = 1  # of the people: the other half made the expectations
ENROLLED = 40
SIZES_PX = ((16, 24), (20, 32), (24, 40), (28, 48))  # of the cameras of each site
CAMERAS = ("door", "till")
OUT_OF_FOCUS_PX = 1.5
SECTION = "selfcheck"
console = Console(stderr=True)


@dataclass
class SwappedChannels:
    """A recogniser that is given red as blue, as with a wrong `chip_spec.color`."""

    inner: Recognizer

    def __post_init__(self) -> None:
        self.model_id, self.dim, self.weights = self.inner.model_id, self.inner.dim, self.inner.weights

    def spec_for(self, face_px: float) -> ChipSpec:
        """The chips of the recogniser itself."""
        return self.inner.spec_for(face_px)

    def read(self, chips: Chips) -> Readings:
        """Read them with their channels swapped."""
        return self.inner.read(np.ascontiguousarray(chips[..., ::-1]))

    def embed(self, chips: Chips) -> Float32:
        """The vectors that `read` gives."""
        return self.read(chips).vectors


def cut_beside(image: Image, landmarks: Float32, spec: ChipSpec) -> Image:
    """A chip as it was cut before detectors and chips agreed on where a pixel begins."""
    return cut_chip(image, landmarks + np.float32(0.5), spec)


class Night(NamedTuple):
    """The tracks of each camera and their figures."""

    tracks: list[list[SeenTrack]]
    figures: list[CameraFigures]


@dataclass
class Made:
    """A site and its nights. faulty: by name of the fault, a night and the site as it is then."""

    number: int
    site: Site
    clean: list[Night]
    faulty: dict[str, tuple[Site, Night]] = field(default_factory=dict)


@dataclass
class Known:
    """Gives the figures that are known already of each track, in the place of a `Reader`."""

    rows: dict[int, tuple[CameraFigures, int]] = field(default_factory=dict)

    def add(self, night: Night) -> None:
        """Take up the figures of a night."""
        for tracks, figures in zip(night.tracks, night.figures, strict=True):
            for row, track in enumerate(tracks):
                self.rows[id(track)] = (figures, row)

    def measure(self, tracks: Sequence[SeenTrack]) -> CameraFigures:
        """The figures of these tracks."""
        found = [self.rows[id(track)] for track in tracks]
        values = {name: np.array([figures.values[name][row] for figures, row in found]) for name in found[0][0].values}
        return CameraFigures(np.array([figures.px[row] for figures, row in found]), values)


class Bench:
    """Makes sites with one recogniser."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.model, self.nights = options.recognizer, options.nights
        self.recognizer = load_recognizer(self.model, runtime=Runtime(threads=options.threads))
        self.scoring: Scoring = open_scoring(self.recognizer, model=self.model)
        expected = open_expected(self.model, self.recognizer.weights)
        if expected is None:
            raise SystemExit(f"--recognizer {self.model}: expected one whose self-check ships")
        self.expected, self.mean = expected, load_mean_face()
        self.pictures = draw_pictures(options.data, HALF, ENROLLED + FACES * (self.nights + 1) * len(CAMERAS))
        if len(self.pictures) < ENROLLED + FACES * (self.nights + 1):
            raise SystemExit("--data: expected more people, or fewer --nights")

    def site(self, recognizer: Recognizer, index: GalleryIndex) -> Site:
        """A site that reads with this recogniser."""
        reader = Reader(recognizer, self.scoring.calibration.lengths, self.mean)
        return Site(reader, self.scoring.calibration, index, self.expected)

    def make(self, number: int) -> Made:
        """One site, its clean nights, and a night of each fault."""
        index = self.enrol(self.recognizer)
        site = self.site(self.recognizer, index)
        made = Made(number, site, [])
        made.clean = [self.night(site, number, night) for night in range(self.nights + 1)]
        console.print(f"site {number}: {self.nights + 1} clean nights")
        swapped = SwappedChannels(self.recognizer)
        its_site = self.site(swapped, self.enrol(swapped))
        last = self.nights
        made.faulty["channels swapped"] = its_site, self.night(its_site, number, last)
        made.faulty["half-pixel shift"] = site, self.night(site, number, last, Camera(cut=cut_beside))
        other = replace(site, calibration=self.other_calibration())
        made.faulty["wrong calibration"] = other, made.clean[last]
        made.faulty["blurred lens"] = site, self.night(site, number, last, Camera(lens=OUT_OF_FOCUS_PX))
        console.print(f"site {number}: faults")
        return made

    def other_calibration(self) -> Calibration:
        """That of another family, as if it were this one's."""
        other = read_calibration(shipped_calibration("base" if self.model == "tiny" else "tiny"))
        return msgspec.structs.replace(other, model_id=self.scoring.calibration.model_id)

    def enrol(self, recognizer: Recognizer) -> GalleryIndex:
        """The enrolled people, as this recogniser reads them."""
        return enrol(self.pictures[:ENROLLED], recognizer, self.scoring)

    def night(self, site: Site, number: int, night: int, camera: Camera | None = None) -> Night:
        """A night of all cameras of a site. camera: with a fault."""
        found = [self._film(site, number, row, night, camera or Camera()) for row in range(len(CAMERAS))]
        return Night(found, [site.reader.measure(tracks) for tracks in found])

    def _film(self, site: Site, number: int, row: int, night: int, camera: Camera) -> list[SeenTrack]:
        conditions = draw_conditions(np.random.default_rng([number, row]))
        guests = self.pictures[ENROLLED:]
        order = np.random.default_rng([number, row, 7]).permutation(len(guests))
        pictures = [guests[place] for place in order[night * FACES : (night + 1) * FACES]]
        filmed = film_site(
            site.reader.recognizer,
            pictures,
            SIZES_PX[number % len(SIZES_PX)][row],
            self.scoring.calibration.lengths,
            seed=10_000 * number + 100 * row + night,
            camera=replace(camera, conditions=conditions),
            name=CAMERAS[row],
        )
        return [track for film in filmed for track in film]


def check(site: Site, night: Night, state: SelfCheckState) -> SelfCheck:
    """One check, on figures that are known."""
    known = Known()
    known.add(night)
    reading = replace(site, reader=known)  # type: ignore[arg-type]
    return check_site(reading, [track for tracks in night.tracks for track in tracks], state, now=0.0)


def live(site: Site, nights: Sequence[Night]) -> tuple[SelfCheckState, list[SelfCheck]]:
    """Check night after night; returns what is known then."""
    state, done = SelfCheckState(), []
    for night in nights:
        done.append(check(site, night, state))
        state = done[-1].state
    return state, done


def redraw(made: Made, times: int) -> Iterator[list[Night]]:
    """The nights of a site with other faces in each: all faces of a camera, drawn without putting back."""
    for turn in range(times):
        random = np.random.default_rng([made.number, turn])
        nights: list[Night] = [Night([], []) for _ in made.clean]
        for row in range(len(CAMERAS)):
            known = Known()
            for night in made.clean:
                known.add(Night([night.tracks[row]], [night.figures[row]]))
            everybody = [track for night in made.clean for track in night.tracks[row]]
            order = random.permutation(len(everybody))
            for number, night in enumerate(nights):
                chosen = [everybody[place] for place in order[number * FACES : (number + 1) * FACES]]
                night.tracks.append(chosen)
                night.figures.append(known.measure(chosen))
        yield nights


def list_rows(sites: Sequence[Made], nights: int) -> Iterator[tuple[str, ...]]:
    """A row for each fault, and one for the clean sites."""
    for name in sites[0].faulty:
        with_past, first, kinds = 0, 0, []
        for made in sites:
            state, _ = live(made.site, made.clean[:nights])
            site, night = made.faulty[name]
            found = check(site, night, state).faults
            with_past += bool(found)
            first += bool(check(site, night, SelfCheckState()).faults)
            kinds += [fault.kind for fault in found]
        told = ", ".join(f"{kind} {kinds.count(kind)}" for kind in dict.fromkeys(kinds))
        yield name, f"{with_past} of {len(sites)}", f"{first} of {len(sites)}", told
    suspected = sum(any(one.faults for one in live(made.site, made.clean)[1]) for made in sites)
    yield "none", f"{suspected} of {len(sites)}", f"{_first_suspected(sites)} of {len(sites)}", ""


def _first_suspected(sites: Sequence[Made]) -> int:
    return sum(bool(check(made.site, made.clean[0], SelfCheckState()).faults) for made in sites)


def count_false_alarms(sites: Sequence[Made], times: int) -> tuple[int, int, list[str]]:
    """Suspected nights and all nights of clean sites, drawn again; and what was suspected."""
    wrong = nights = 0
    kinds: list[str] = []
    for made in sites:
        for drawn in redraw(made, times):
            for one in live(made.site, drawn)[1]:
                wrong, nights = wrong + bool(one.faults), nights + 1
                kinds += [fault.kind for fault in one.faults]
    return wrong, nights, kinds


def main() -> None:
    """Print the table, or write it into a document."""
    options = _parser().parse_args()
    bench = Bench(options)
    sites = [bench.make(number) for number in range(options.sites)]
    heads = ["fault", f"found after {options.nights} clean nights", "found in the first night", "findings"]
    wrong, nights, kinds = count_false_alarms(sites, options.redraws)
    low, high = share_interval(wrong / nights, nights)
    told = ", ".join(f"{kind} {kinds.count(kind)}" for kind in sorted(set(kinds))) or "none"
    text = (
        f"{table(heads, list(list_rows(sites, options.nights)), align_right=False)}\n\n"
        f"Clean nights drawn again: {wrong} of {nights:,} suspected ({100 * wrong / nights:.2f} %; interval as of so"
        f" many independent nights {100 * low:.2f} to {100 * high:.2f} %); asked: at most 1 %. Findings: {told}.\n\n"
        f"{provenance('benchmarks.selfcheck')}"
    )
    print_markdown(text)
    if options.show:
        _show(sites, options.nights)
    if options.write:
        write_section(options.write, SECTION, text)


def _show(sites: Sequence[Made], nights: int) -> None:
    """Every finding in words, and the means of clean nights."""
    for made in sites:
        state, done = live(made.site, made.clean)
        for one in done:
            for summary in one.summaries:
                means = {name: (round(mean.value, 3), round(mean.error, 3)) for name, mean in summary.means.items()}
                console.print(made.number, summary.camera, means)
            console.print([(tail.rate, tail.seen, round(tail.expected), round(tail.error, 2)) for tail in one.tails])
        state, _ = live(made.site, made.clean[:nights])
        for name, (site, night) in made.faulty.items():
            for fault in check(site, night, state).faults:
                console.print(made.number, name, msgspec.structs.asdict(fault))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, help="folder or zip of person/picture, aligned")
    parser.add_argument("--recognizer", default="base", help="tiny, base or large (base)")
    parser.add_argument("--sites", type=int, default=4, help="sites (4)")
    parser.add_argument("--nights", type=int, default=5, help="clean nights before the fault (5)")
    parser.add_argument("--redraws", type=int, default=20, help="times that clean nights are drawn again (20)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (1)")
    parser.add_argument("--show", action="store_true", help="also print figures and findings")
    parser.add_argument("--write", type=Path, help="document whose section is replaced")
    return parser


if __name__ == "__main__":
    main()
