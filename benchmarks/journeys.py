"""How well tracks of several cameras are joined into journeys: precision at the stated probability, and share joined.

A made site of six cameras: people walk along its ways, each camera sees them once on the way, and two cameras overlap.
30 people of the half that `recognizer.calibrate_links` leaves out make several journeys within four hours. Each track
is a film of its own of a photograph (`recognizer.filmed`): of the same one all day, or of one of two of the person,
which are often years apart. Ways, times and shares of pairs are not told to the code that joins. Intervals (95 %)
resample draws of people.

    python -m benchmarks.journeys --recognizer large --data lfw-view2.zip --write docs/journeys.md
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from detectors.runtime import Runtime
from pipeline.history.groups.pool import pool_of
from pipeline.history.journeys.join import Journey, join
from pipeline.history.journeys.pairs import Bounds
from pipeline.history.journeys.passage import CameraKey, Passage
from recognizer.calibrate_links import Photographs, read_half
from recognizer.filmed import film_tracks, pool_looks
from recognizer.links import Links
from recognizer.load import load_recognizer, open_scoring
from recognizer.open_links import open_links

HALF = 1  # the other one than that of the calibration
PEOPLE, HOURS = 30, 4.0
JOURNEYS = (2, 4)  # of a person: least and most
PHOTOGRAPHS = 2  # of a person
FILMS = JOURNEYS[1]  # of a photograph at each camera: each visit has its own
SEED = 4000
LEAST = (0.5, 0.9, 0.98)
RESAMPLES = 1000
# Face height at each camera, pixels, and the ways between them with their median seconds.
CAMERAS = {"gate": 24, "hall": 32, "desk": 48, "stairs": 24, "office": 40, "yard": 20}
WAYS = {
    ("gate", "hall"): 25.0,
    ("hall", "desk"): -4.0,  # they overlap
    ("hall", "stairs"): 15.0,
    ("desk", "stairs"): 12.0,
    ("stairs", "office"): 40.0,
    ("gate", "yard"): 60.0,
    ("yard", "stairs"): 90.0,
}
SPREAD = 0.35  # standard deviation of the logarithm of the seconds
OVERLAPPING = (frozenset((CameraKey("site", "hall"), CameraKey("site", "desk"))),)
HEADS = ["face", "asked", "joined pairs", "right", "pairs to join", "joined", "in two places"]


class Visit(NamedTuple):
    """Somebody in view of a camera. begin, end: seconds."""

    person: int
    camera: str
    begin: float
    end: float


@dataclass
class Tally:
    """Of one draw: pairs joined, those that were right, pairs to join, and those that were joined."""

    joined: int = 0
    right: int = 0
    wanted: int = 0
    found: int = 0
    impossible: int = 0


def main() -> None:
    """Print the table, or write it into a document."""
    options = _parser().parse_args()
    links = open_links(options.recognizer)
    if links is None:
        raise SystemExit(f"--recognizer {options.recognizer}: expected one whose links ship")
    photographs, people = choose(read_half(options.data, HALF), options.draws)
    films = read_films(options.recognizer, photographs)
    rows = []
    for label, same in (("the same photograph all day", True), ("any photograph of the person", False)):
        sites = [
            make_site(people[draw * PEOPLE : (draw + 1) * PEOPLE], films, same=same, seed=draw)
            for draw in range(options.draws)
        ]
        rows += [list_row(label, least, [score(*site, links, least) for site in sites]) for least in LEAST]
    text = f"{table(HEADS, rows, align_right=True)}\n\n{provenance('benchmarks.journeys')}"
    print_markdown(text)
    if options.write:
        write_section(options.write, "journeys", text)


def choose(photographs: Photographs, draws: int) -> tuple[Photographs, list[list[int]]]:
    """People with two or more photographs, each in one draw at most: their photographs, and the rows of each."""
    several = [rows[:PHOTOGRAPHS] for rows in photographs.of_each() if len(rows) >= PHOTOGRAPHS]
    np.random.default_rng(SEED).shuffle(several)
    chosen = several[: draws * PEOPLE]
    if len(chosen) < draws * PEOPLE:
        raise SystemExit(f"--draws {draws}: expected at most {len(several) // PEOPLE}, as many people as there are")
    rows = [row for person in chosen for row in person]
    numbers = {row: number for number, row in enumerate(rows)}
    kept = Photographs([photographs.people[row] for row in rows], [photographs.pictures[row] for row in rows])
    return kept, [[numbers[row] for row in person] for person in chosen]


Films = dict[tuple[str, int], list[tuple[bytes, float, float]]]


def read_films(model: str, photographs: Photographs) -> Films:
    """Template, looks and weight of each photograph, by the camera and the number of the film."""
    recognizer = load_recognizer(model, runtime=Runtime())
    lengths = open_scoring(recognizer, model=model).calibration.lengths
    films: Films = {}
    for number, (camera, px) in enumerate(CAMERAS.items()):
        for film in range(FILMS):
            tracks = film_tracks(recognizer, photographs.pictures, px, lengths, seed=SEED + 10 * number + film)
            pools = [pool_looks(looks) for looks in tracks]
            films[camera, film] = [(pool.template().astype("<f2").tobytes(), pool.looks, pool.weight) for pool in pools]
    return films


def make_site(
    people: Sequence[Sequence[int]], films: Films, *, same: bool, seed: int
) -> tuple[list[Passage], dict[int, int]]:
    """Passages of a day, by their begin, and whose each is."""
    random = np.random.default_rng(seed)
    visits = sorted(
        (visit for person in range(len(people)) for visit in walk(person, random)), key=lambda visit: visit.begin
    )
    passages, owners, seen = [], {}, Counter[tuple[int, str]]()
    for track, visit in enumerate(visits, 1):
        rows = people[visit.person]
        row = rows[0] if same else int(random.choice(rows))
        template, looks, weight = films[visit.camera, seen[visit.person, visit.camera]][row]
        seen[visit.person, visit.camera] += 1
        pool = pool_of(template, px=CAMERAS[visit.camera], looks=looks, weight=weight)
        key = CameraKey("site", visit.camera)
        passages.append(Passage(track, key, visit.begin, visit.end, None, 1.0, pool))
        owners[track] = visit.person
    return passages, owners


def walk(person: int, random: np.random.Generator) -> Iterator[Visit]:
    """The journeys of a person, who is in one place at a time."""
    count = int(random.integers(JOURNEYS[0], JOURNEYS[1] + 1))
    part = HOURS * 3600 / count  # of the time, for each journey
    for begin in np.arange(count) * part + random.uniform(0, part - 900, count):
        yield from _journey(person, float(begin), random)


def _journey(person: int, at: float, random: np.random.Generator) -> Iterator[Visit]:
    camera, seen = str(random.choice(["gate", "gate", "office", "yard"])), set[str]()
    while True:
        seen.add(camera)
        stay = float(random.uniform(6, 20))
        yield Visit(person, camera, at, at + stay)
        ends = {end: seconds for end, seconds in _ways_from(camera).items() if end not in seen}
        if not ends or random.random() < 0.15:
            return
        camera = str(random.choice(list(ends)))
        seconds = ends[camera]
        at += stay + (seconds if seconds < 0 else seconds * float(np.exp(random.normal(0, SPREAD))))


def _ways_from(camera: str) -> dict[str, float]:
    """The cameras that people go to from one, in either direction of a way, with the median seconds."""
    return {(set(pair) - {camera}).pop(): seconds for pair, seconds in WAYS.items() if camera in pair}


def score(passages: list[Passage], owners: dict[int, int], links: Links, least: float) -> Tally:
    """What became of the passages of a site."""
    bounds, tally = Bounds(overlapping=OVERLAPPING), Tally()
    journeys = join(passages, links, bounds, least=least)
    inside = {passage.track: number for number, journey in enumerate(journeys) for passage in journey.passages}
    for first, second in (pair for journey in journeys for pair in pairwise(journey.passages)):
        tally.joined += 1
        tally.right += owners[first.track] == owners[second.track]
    for person in set(owners.values()):
        own = [passage for passage in passages if owners[passage.track] == person]
        for first, second in pairwise(own):
            if second.begin - first.end <= bounds.longest:
                tally.wanted += 1
                tally.found += inside[first.track] == inside[second.track]
    tally.impossible = sum(_is_in_two_places(journey, bounds) for journey in journeys)
    return tally


def _is_in_two_places(journey: Journey, bounds: Bounds) -> bool:
    return any(
        bounds.seconds_between(first, second) is None
        for number, first in enumerate(journey.passages)
        for second in journey.passages[number + 1 :]
    )


def list_row(label: str, least: float, tallies: Sequence[Tally]) -> list[str]:
    """One line of the table."""
    return [
        label,
        f"{least:g}",
        str(sum(tally.joined for tally in tallies)),
        _share([(tally.right, tally.joined) for tally in tallies]),
        str(sum(tally.wanted for tally in tallies)),
        _share([(tally.found, tally.wanted) for tally in tallies]),
        str(sum(tally.impossible for tally in tallies)),
    ]


def _share(counts: Sequence[tuple[int, int]]) -> str:
    """A share with its interval, percent."""
    random, every = np.random.default_rng(0), np.array(counts, np.float64)
    draws = [every[random.integers(0, len(every), len(every))].sum(axis=0) for _ in range(RESAMPLES)]
    low, high = np.quantile([100 * hits / max(trials, 1) for hits, trials in draws], [0.025, 0.975])
    hits, trials = every.sum(axis=0)
    return f"{100 * hits / max(trials, 1):.1f} % ({low:.1f} to {high:.1f})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recognizer", required=True, help="tiny, base or large")
    parser.add_argument("--data", required=True, type=Path, help="folder or zip of person/picture, aligned")
    parser.add_argument("--draws", type=int, default=5, help="sites of other people each (5)")
    parser.add_argument("--write", type=Path, help="document to write the table into")
    return parser


if __name__ == "__main__":
    main()
