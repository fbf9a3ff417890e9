"""Measures what the self-check expects of a recogniser on sites without a fault: films of photographs.

Each film is a site: it has 64 people and its own blur, noise and compression. Only people of one half are filmed
(`recognizer.calibrate_links.half_of`); `python -m benchmarks.selfcheck` checks the result on the other half.

    python -m glimpse.selfcheck.measure --recognizer base --data lfw-view2.zip --out selfcheck_base.yaml
"""

import argparse
import datetime
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import yaml

from detectors.arrays import Float64, Image
from detectors.runtime import Runtime
from glimpse.selfcheck.expected import Expected, Figure, Level, TailLevel
from glimpse.selfcheck.figures import Reader
from glimpse.selfcheck.made_site import film_site
from glimpse.selfcheck.mean_face import FILE, average, load_mean_face, save_mean_face
from glimpse.selfcheck.seen_track import SeenTrack
from glimpse.selfcheck.tail import RATES, TailCount, count_tails
from recognizer.base import Recognizer
from recognizer.calibrate_links import read_half
from recognizer.filmed import FACES
from recognizer.gallery.index import GalleryIndex
from recognizer.load import Scoring, load_recognizer, open_scoring
from recognizer.population import embed_enrolled

SIZES_PX = (12, 16, 24, 32, 48)  # larger faces count as those of 48 px
ENROLLED = 40
SEED = 4100


def draw_pictures(data: Path, half: int, count: int) -> list[Image]:
    """One aligned picture, BGR uint8 (112,112,3), of each of so many people of a half, in random order."""
    photographs = read_half(data, half)
    firsts = [rows[0] for rows in photographs.of_each()]
    order = np.random.default_rng(0).permutation(len(firsts))[:count]
    return [photographs.pictures[firsts[row]] for row in order]


def enrol(pictures: Sequence[Image], recognizer: Recognizer, scoring: Scoring) -> GalleryIndex:
    """People of one photograph each, as a gallery."""
    vectors = embed_enrolled(recognizer, list(pictures))
    names = [f"person {row}" for row in range(len(pictures))]
    return GalleryIndex(recognizer.model_id, vectors, names, cohort=scoring.cohort)


def make_level(px: float, films: Sequence[Float64]) -> Level:
    """The level of a figure, from its values in each film."""
    good = [values[np.isfinite(values)] for values in films]
    means = np.array([values.mean() for values in good])
    faces = float(np.sqrt(np.mean([values.var(ddof=1) for values in good])))
    noise = faces**2 / float(np.mean([len(values) for values in good]))
    sites = float(np.sqrt(max(means.var(ddof=1) - noise, 0.0)))
    return Level(px=px, mean=round(float(means.mean()), 4), faces=round(faces, 4), sites=round(sites, 4))


def make_tail(rate: float, counts: Sequence[TailCount]) -> TailLevel:
    """How far films differ in how often strangers reach a rate's threshold, from each film's ratio and its error."""
    ratios, errors = (np.array([getattr(count, name) for count in counts]) for name in ("ratio", "error"))
    sites = float(np.sqrt(max(ratios.var(ddof=1) - float((errors**2).mean()), 0.0)))
    return TailLevel(rate=rate, mean=round(float(ratios.mean()), 3), sites=round(sites, 3))


def _of_rate(films: Sequence[Sequence[TailCount]], rate: float) -> list[TailCount]:
    return [count for counts in films for count in counts if count.rate == rate]


def main() -> None:
    """Measure, and write the file."""
    options = _parser().parse_args()
    recognizer = load_recognizer(options.recognizer, runtime=Runtime(threads=options.threads))
    scoring = open_scoring(recognizer, model=options.recognizer)
    pictures = draw_pictures(options.data, options.half, FACES * options.films + ENROLLED)
    index = enrol(pictures[:ENROLLED], recognizer, scoring)
    lengths = scoring.calibration.lengths
    films: list[tuple[int, list[SeenTrack]]] = [
        (px, film)
        for px in SIZES_PX
        for film in film_site(recognizer, pictures[ENROLLED:], px, lengths, seed=SEED + px)
    ]
    if options.mean_face:
        crops = [track.crop for _, film in films for track in film if track.crop is not None]
        save_mean_face(FILE, average(crops))
    reader = Reader(recognizer, lengths, load_mean_face())
    measured = [(px, reader.measure(film)) for px, film in films]
    tails = [count_tails(film, index, scoring.calibration) for _, film in films]
    expected = Expected(
        model_id=recognizer.model_id,
        weights=recognizer.weights,
        command=f"python -m glimpse.selfcheck.measure --recognizer {options.recognizer} --data {options.data.name}"
        f" --half {options.half} --films {options.films}",
        data=f"{options.data.name}, half {options.half}: {len(pictures) - ENROLLED} people filmed at each size",
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        figures={
            figure: tuple(
                make_level(px, [one.values[figure] for size, one in measured if size == px]) for px in SIZES_PX
            )
            for figure in Figure
        },
        tails=tuple(make_tail(rate, some) for rate in RATES if len(some := _of_rate(tails, rate)) > 1),
    )
    body = yaml.safe_dump({"selfcheck": msgspec.to_builtins(expected)}, sort_keys=False, default_flow_style=None)
    options.out.write_text(body, encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recognizer", required=True, help="tiny, base or large")
    parser.add_argument("--data", required=True, type=Path, help="folder or zip of person/picture, aligned")
    parser.add_argument("--out", required=True, type=Path, help="YAML file to write")
    parser.add_argument("--half", type=int, default=0, choices=(0, 1), help="which half of the people (0)")
    parser.add_argument("--films", type=int, default=6, help="of 64 people, at each size (6)")
    parser.add_argument(
        "--mean-face", action="store_true", help="also make the mean face anew, which all recognisers share"
    )
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (1)")
    return parser


if __name__ == "__main__":
    main()
