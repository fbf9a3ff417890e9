"""How well tracks of strangers are put together: purity, share linked, and false links against the stated rate.

People of the half that `recognizer.calibrate_links` leaves out walk past: each photograph is a track of several
jittered crops at camera size. A scene has 200 people, of whom 40 return up to three times, in random order; scenes of
one draw share nobody. The grouping is the shipped one, on a history in SQLite. Intervals (95 %) resample people. With
--filmed, a track is a film of the photograph instead (`recognizer.filmed`), in a section of its own. With --beyond, it
measures people whom a calibration of `--people` left out of its own half: to choose settings without those who are
reported.

    python -m benchmarks.unknown_people --recognizer base --data lfw-view2.zip --write docs/history.md
"""

import argparse
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from detectors.arrays import Float64
from detectors.runtime import Runtime
from pipeline.history.database import Database, open_database
from pipeline.history.groups.grouper import Grouper
from pipeline.history.groups.nightly import Nightly
from recognizer.calibrate_links import (
    CROPS,
    Photographs,
    Tracks,
    keep_tracks,
    make_filmed_tracks,
    make_tracks,
    read_crops,
    read_half,
)
from recognizer.links import Links
from recognizer.load import load_recognizer, open_scoring
from recognizer.open_links import open_links

HALF = 1  # the other one than that of the calibration
SEED = 900  # of the jitter: other than that of the calibration
PEOPLE, RETURNING = 200, 40  # of a scene
MIXED = "16 to 48 px"
SECONDS_APART = 600.0
RESAMPLES = 1000
HEADS = ["face", "when", "asked", "strangers", "false links", "returns", "linked", "purity"]


class Shown(NamedTuple):
    """A track that walks past. row: of its photograph.  px: its face height."""

    person: str
    row: int
    px: int


@dataclass
class Tally:
    """What became of each person's tracks: hits and trials of three measures.

    0: first tracks that were put with others.  1: later tracks that were put with an earlier one of their person.
    2: tracks in a group that is mostly of their person.
    """

    counts: dict[str, Float64] = field(default_factory=lambda: defaultdict(lambda: np.zeros(6)))

    def add(self, person: str, measure: int, *, hit: bool) -> None:
        """Count one track in a measure."""
        self.counts[person][2 * measure : 2 * measure + 2] += (hit, 1)

    def share(self, measure: int) -> tuple[float, float, float]:
        """A share, and its interval."""
        counts = np.array(list(self.counts.values()))[:, 2 * measure : 2 * measure + 2]
        random = np.random.default_rng(0)
        draws = [counts[random.integers(0, len(counts), len(counts))].sum(axis=0) for _ in range(RESAMPLES)]
        hits, all_of_them = counts.sum(axis=0)
        low, high = np.quantile([draw[0] / max(draw[1], 1) for draw in draws], [0.025, 0.975])
        return float(hits / max(all_of_them, 1)), float(low), float(high)

    def total(self, measure: int) -> int:
        """Of how many tracks."""
        return int(sum(counts[2 * measure + 1] for counts in self.counts.values()))


def main() -> None:
    """Print the table, or write it into a document."""
    options = _parser().parse_args()
    links = open_links(options.recognizer)
    if links is None:
        raise SystemExit(f"--recognizer {options.recognizer}: expected one whose links ship")
    sizes = [int(px) for px in options.px.split(",")]
    photographs = read_half(options.data, 1 - HALF if options.beyond else HALF, leave_out=options.beyond)
    tracks = read_tracks(options.recognizer, photographs, sizes, filmed=options.filmed, keep=options.keep)
    rates = [float(rate) for rate in options.rates.split(",")]
    mixed = [(MIXED, sizes)] if len(sizes) > 1 else []
    choices: list[tuple[str, Sequence[int]]] = [*((f"{px} px", [px]) for px in sizes), *mixed]
    rows = [
        row
        for label, some in choices
        for rate in rates
        for row in list_rows(label, rate, list(draw_scenes(photographs, some, draws=options.draws)), tracks, links)
    ]
    text = f"{table(HEADS, rows, align_right=True)}\n\n{provenance('benchmarks.unknown_people')}"
    print_markdown(text)
    if options.write:
        write_section(options.write, "unknown people filmed" if options.filmed else "unknown people", text)


def read_tracks(
    model: str, photographs: Photographs, sizes: Sequence[int], *, filmed: bool, keep: Path | None = None
) -> dict[int, Tracks]:
    """A track of each photograph at each size. keep: folder of those that an earlier run has made."""
    recognizer = load_recognizer(model, runtime=Runtime())
    lengths = open_scoring(recognizer, model=model).calibration.lengths

    def make(px: int) -> Tracks:
        if filmed:
            return make_filmed_tracks(recognizer, photographs, px, lengths, seed=SEED)[0]
        return make_tracks(photographs, read_crops(recognizer, photographs, px, seed=SEED), px, lengths)

    def find(px: int) -> Tracks:
        name = f"{'filmed' if filmed else 'shrunk'}_{recognizer.weights}_{len(photographs.people)}_{px}.npz"
        return make(px) if keep is None else keep_tracks(keep / name, lambda: make(px))

    return {px: find(px) for px in sizes}


def draw_scenes(photographs: Photographs, sizes: Sequence[int], *, draws: int) -> Iterator[list[Shown]]:
    """Scenes in which each person is in one of a draw at most. sizes: of which each track has one."""
    everybody = photographs.of_each()
    for draw in range(draws):
        random = np.random.default_rng(draw)
        several = [rows for rows in everybody if len(rows) > 1]
        random.shuffle(several)
        scenes = len(everybody) // PEOPLE
        returning = several[: scenes * RETURNING]
        chosen = {rows[0] for rows in returning}
        others = [rows for rows in everybody if rows[0] not in chosen]
        random.shuffle(others)
        for scene in range(scenes):
            back = returning[scene * RETURNING : (scene + 1) * RETURNING]
            once = others[scene * (PEOPLE - RETURNING) : (scene + 1) * (PEOPLE - RETURNING)]
            rows = [row for person in back for row in person] + [int(random.choice(person)) for person in once]
            random.shuffle(rows)
            yield [Shown(photographs.people[row], row, int(random.choice(sizes))) for row in rows]


def list_rows(
    label: str, rate: float, scenes: Sequence[Sequence[Shown]], tracks: dict[int, Tracks], links: Links
) -> Iterator[list[str]]:
    """Two rows: as the tracks came, and after the night."""
    came, after_night = Tally(), Tally()
    for scene in scenes:
        with tempfile.TemporaryDirectory() as folder, open_database(Path(folder) / "h.db", create=True) as database:
            grouper = walk_past(database, scene, tracks, links, rate)
            score(came, scene, read_groups(database))
            nightly = Nightly(database, links, false_link=rate, at="03:00", changed=grouper.forget)
            nightly.begin()
            nightly.wait()
            score(after_night, scene, read_groups(database))
    for when, tally in (("as they come", came), ("after the night", after_night)):
        false_links, linked, purity = (tally.share(measure) for measure in range(3))
        yield [
            label,
            when,
            f"{100 * rate:g} %",
            str(tally.total(0)),
            _percent(false_links, 2),
            str(tally.total(1)),
            _percent(linked, 1),
            _percent(purity, 1),
        ]


def walk_past(
    database: Database,
    scene: Sequence[Shown],
    tracks: dict[int, Tracks],
    links: Links,
    rate: float,
) -> Grouper:
    """Group the tracks of a scene as they come."""
    grouper = Grouper(database, links, false_link=rate, clock=lambda: 0.0)
    database.change("INSERT INTO epochs (id, node, name, recorded_at) VALUES (1, 'bench', 'e1', 0)")
    for number, shown in enumerate(scene, 1):
        insert(database, number, shown, tracks[shown.px], links.model_id)
        grouper.step([number])
    return grouper


def insert(database: Database, number: int, shown: Shown, tracks: Tracks, model_id: str) -> None:
    """One track with its template."""
    at, looks, weight = number * SECONDS_APART, float(tracks.looks[shown.row]), float(tracks.weights[shown.row])
    with database.writing():
        database.change(
            "INSERT INTO tracks (id, epoch, camera, number, first_seen, last_seen, ended, face_px, state, best_state,"
            " recorded_at) VALUES (?, 1, 'door', ?, ?, ?, 'lost', ?, 'unknown', 'unknown', ?)",
            (number, number, at, at + 5, shown.px, at),
        )
        database.change(
            "INSERT INTO templates (track, named, recorded_at, model_id, pooled_px, looks, effective, weight, data)"
            " VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?)",
            (number, at, model_id, shown.px, looks, CROPS, weight, tracks.vectors[shown.row].astype("<f2").tobytes()),
        )


def read_groups(database: Database) -> list[int]:
    """The group of each track, in the order in which they came."""
    return [int(group) for (group,) in database.rows("SELECT grp FROM track_groups ORDER BY track")]


def score(tally: Tally, scene: Sequence[Shown], groups: Sequence[int]) -> None:
    """Count what became of the tracks of a scene."""
    inside: dict[int, Counter[str]] = defaultdict(Counter)
    mostly: dict[int, Counter[str]] = defaultdict(Counter)
    for shown, group in zip(scene, groups, strict=True):
        mostly[group][shown.person] += 1
    for number, (shown, group) in enumerate(zip(scene, groups, strict=True)):
        earlier = inside[group]
        if shown.person in {one.person for one in scene[:number]}:
            tally.add(shown.person, 1, hit=shown.person in earlier)
        else:
            tally.add(shown.person, 0, hit=bool(earlier))
        tally.add(shown.person, 2, hit=mostly[group].most_common(1)[0][0] == shown.person)
        earlier[shown.person] += 1


def _percent(share: tuple[float, float, float], digits: int) -> str:
    middle, low, high = (f"{100 * value:.{digits}f}" for value in share)
    return f"{middle} % ({low} to {high})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recognizer", required=True, help="tiny, base or large")
    parser.add_argument("--data", required=True, type=Path, help="folder or zip of person/picture, aligned")
    parser.add_argument("--px", default="16,24,32,48", help="face heights, pixels")
    parser.add_argument("--rates", default="0.003,0.01,0.03", help="chances of a false link")
    parser.add_argument("--filmed", action="store_true", help="make tracks by films of the photographs")
    parser.add_argument(
        "--beyond", type=int, default=0, help="people of the calibration's half beyond so many that it drew: to choose"
    )
    parser.add_argument("--keep", type=Path, help="folder of tracks, so that a second run need not make them")
    parser.add_argument("--draws", type=int, default=1, help="draws of scenes (1)")
    parser.add_argument("--write", type=Path, help="document to write the table into")
    return parser


if __name__ == "__main__":
    main()
