"""Measures how alike the templates of two strangers are, and writes the calibration that links tracks.

A track is made of one photograph, in two ways: several views that were only made small and jittered, and a film
(recognizer/filmed.py). A template of several tracks pools those of several photographs of a person. For each size and
number of looks the way counts in which strangers are more alike. Only people of one half (by a hash of their names) are
measured: the other half is left to `python -m benchmarks.unknown_people`, which checks the result.

    python -m recognizer.calibrate_links --recognizer base --data lfw-view2.zip --out recognizer/weights/links_base.yaml
"""

import argparse
import datetime
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import yaml

from detectors.arrays import Float32, Image
from detectors.runtime import Runtime
from recognizer.base import Readings, Recognizer
from recognizer.calibration import Band, Calibration
from recognizer.evidence import Evidence
from recognizer.filmed import TYPICAL_FRAME, film_tracks, pool_looks
from recognizer.lengths import LengthBand
from recognizer.links import link_looks
from recognizer.load import load_recognizer, open_scoring
from recognizer.normalisation import Cohort
from recognizer.population import LANDMARK_JITTER, pool_crops, read_people, read_shrunk
from recognizer.preprocess import l2_normalise

RATES = (0.1, 0.01, 1e-3, 1e-4, 1e-5)
SIZES_PX = (12, 16, 24, 32, 48)  # larger faces are linked as those of 48 px
CROPS = 4
PHOTOGRAPHS = 4  # of a person at most
SEED = 700  # of the jitter: other than that of calibrations and benchmarks
HALVES = 2


@dataclass(frozen=True)
class Photographs:
    """Photographs of many people. people: who is on each."""

    people: Sequence[str]
    pictures: list[Image]

    def of_each(self) -> list[list[int]]:
        """The rows of each person's photographs."""
        rows: dict[str, list[int]] = {}
        for row, person in enumerate(self.people):
            rows.setdefault(person, []).append(row)
        return list(rows.values())


@dataclass(frozen=True)
class Tracks:
    """Templates of tracks, unit rows float32 (T,D), with their looks and weights (T,), and who each shows."""

    people: Sequence[str]
    vectors: Float32
    looks: Float32
    weights: Float32


def read_half(data: Path, half: int, *, most: int = 0, leave_out: int = 0) -> Photographs:
    """At most PHOTOGRAPHS of each person of this half, 0 or 1. Raises like `read_people`.

    most: of so many people, drawn at random; 0 for all.  leave_out: not of those whom this `most` would draw.
    """
    people = {name: shown[:PHOTOGRAPHS] for name, shown in read_people(data).items() if half_of(name) == half}
    if most or leave_out:
        drawn = np.random.default_rng(0).permutation(sorted(people)).tolist()
        people = {name: people[name] for name in drawn[leave_out : (leave_out + most) if most else None]}
    names = [name for name, shown in people.items() for _ in shown]
    return Photographs(names, [picture for shown in people.values() for picture in shown])


def half_of(person: str) -> int:
    """The half that a person belongs to, 0 or 1."""
    return zlib.crc32(person.encode()) % HALVES


def read_crops(recognizer: Recognizer, photographs: Photographs, px: int, *, seed: int = SEED) -> list[Readings]:
    """CROPS crops of every photograph, `px` high."""
    return [
        read_shrunk(recognizer, photographs.pictures, px, jitter=LANDMARK_JITTER, seed=seed + crop)
        for crop in range(CROPS)
    ]


def make_tracks(photographs: Photographs, crops: Sequence[Readings], px: int, lengths: Sequence[LengthBand]) -> Tracks:
    """A track of each photograph, which pools these crops."""
    return _templates(photographs, [pool_crops(crops, row, px, lengths) for row in range(len(photographs.people))])


def make_filmed_tracks(
    recognizer: Recognizer, photographs: Photographs, px: int, lengths: Sequence[LengthBand], *, seed: int = SEED
) -> tuple[Tracks, Tracks]:
    """A track of a film of each photograph, and the same of one look of it."""
    films = film_tracks(recognizer, photographs.pictures, px, lengths, seed=seed)
    one = [pool_looks(looks[TYPICAL_FRAME : TYPICAL_FRAME + 1]) for looks in films]
    return _templates(photographs, [pool_looks(looks) for looks in films]), _templates(photographs, one)


def keep_tracks(path: Path, make: Callable[[], Tracks]) -> Tracks:
    """The tracks in a file, which is made where it is missing. Raises OSError."""
    if not path.is_file():
        made = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, people=list(made.people), vectors=made.vectors, looks=made.looks, weights=made.weights)
    with np.load(path) as kept:
        return Tracks(kept["people"].tolist(), kept["vectors"], kept["looks"], kept["weights"])


def _templates(photographs: Photographs, pools: Sequence[Evidence]) -> Tracks:
    figures = np.array([(pool.looks, pool.weight) for pool in pools], np.float32)
    return Tracks(photographs.people, np.stack([pool.template() for pool in pools]), figures[:, 0], figures[:, 1])


def pool_tracks(tracks: Tracks, rows: Sequence[Sequence[int]]) -> Tracks:
    """A template for each list of rows, which pools their tracks by weight."""
    vectors = l2_normalise(np.stack([tracks.weights[list(some)] @ tracks.vectors[list(some)] for some in rows]))
    weights = np.array([tracks.weights[list(some)].sum() for some in rows], np.float32)
    heaviest = np.array([(tracks.weights[list(some)] / tracks.looks[list(some)]).max() for some in rows], np.float32)
    return Tracks([tracks.people[some[0]] for some in rows], vectors, weights / heaviest, weights)


def measure(
    recognizer: Recognizer, photographs: Photographs, *, cohort: Cohort, lengths: Sequence[LengthBand]
) -> Iterator[Band]:
    """The scores of strangers at each size, of photographs made small or of films, whichever are more alike."""
    for px in SIZES_PX:
        crops = read_crops(recognizer, photographs, px)
        one, track = (make_tracks(photographs, some, px, lengths) for some in (crops[:1], crops))
        shrunk = measure_size(photographs, one, track, px, cohort)
        filmed, one_look = make_filmed_tracks(recognizer, photographs, px, lengths)
        yield from worst(measure_size(photographs, one_look, filmed, px, cohort), shrunk)


def measure_size(photographs: Photographs, one: Tracks, track: Tracks, px: int, cohort: Cohort) -> list[Band]:
    """The scores of strangers with templates of one crop, of a track, and of several tracks."""
    several = [[rows for rows in photographs.of_each() if len(rows) >= count] for count in (2, PHOTOGRAPHS)]
    two = pool_tracks(track, [rows[:2] for rows in several[0]])
    all_four = pool_tracks(track, several[1])
    pairs = ((one, one), (track, track), (two, track), (all_four, track), (two, two))
    return [measure_band(first, second, px, cohort) for first, second in pairs]


def worst(bands: Sequence[Band], others: Sequence[Band]) -> list[Band]:
    """These bands of one size, with the tails of the others wherever those are higher at the same looks."""
    calibration = Calibration(model_id="", command="", data="", date="", rates=RATES, bands=tuple(others))

    def lift(band: Band) -> Band:
        higher = [calibration.threshold(band.px, band.looks, rate) for rate in RATES]
        tail = tuple(round(max(pair), 4) for pair in zip(band.tail, higher, strict=True))
        return msgspec.structs.replace(band, tail=tail)

    return [lift(band) for band in bands]


def measure_band(first: Tracks, second: Tracks, px: int, cohort: Cohort) -> Band:
    """The scores of all pairs of different people."""
    scores = cohort.normalise(
        first.vectors @ second.vectors.T, cohort.nearness(first.vectors), cohort.nearness(second.vectors)
    )
    strangers = scores[np.array(first.people)[:, None] != np.array(second.people)[None, :]]
    return Band(
        px=px,
        looks=round(link_looks(float(first.looks.mean()), float(second.looks.mean())), 2),
        mean=round(float(strangers.mean()), 4),
        std=round(float(strangers.std()), 4),
        tail=tuple(round(float(value), 4) for value in np.quantile(strangers, [1 - rate for rate in RATES])),
    )


def main() -> None:
    """Measure, and write the file."""
    options = _parser().parse_args()
    recognizer = load_recognizer(options.recognizer, runtime=Runtime(threads=options.threads))
    scoring = open_scoring(recognizer, model=options.recognizer)
    if scoring.cohort is None:
        raise SystemExit(f"--recognizer {options.recognizer}: expected one with a cohort: tiny, base or large")
    photographs = read_half(options.data, options.half, most=options.people)
    bands = measure(recognizer, photographs, cohort=scoring.cohort, lengths=scoring.calibration.lengths)
    calibration = Calibration(
        model_id=recognizer.model_id,
        weights=recognizer.weights,
        cohort=scoring.cohort.digest,
        command=f"python -m recognizer.calibrate_links --recognizer {options.recognizer} --data {options.data.name}"
        f" --half {options.half}" + (f" --people {options.people}" if options.people else ""),
        data=f"{options.data.name}, half {options.half}: {len(photographs.pictures)} photographs",
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        rates=RATES,
        bands=tuple(bands),
    )
    body = yaml.safe_dump({"calibration": msgspec.to_builtins(calibration)}, sort_keys=False, default_flow_style=None)
    options.out.write_text(body, encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recognizer", required=True, help="tiny, base or large")
    parser.add_argument("--data", required=True, type=Path, help="folder or zip of person/picture, aligned")
    parser.add_argument("--out", required=True, type=Path, help="YAML file to write")
    parser.add_argument("--half", type=int, default=0, choices=range(HALVES), help="which half of the people (0)")
    parser.add_argument("--people", type=int, default=0, help="measure so many people, drawn at random (all)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    return parser


if __name__ == "__main__":
    main()
