"""`glimpse calibrate`: measure the scores of strangers and write the calibration of a recogniser.

Each template pools several jittered views of one person's photographs, as a track pools its crops. It is compared with
one sharp photograph of every other person.
"""

import datetime
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import yaml

from configs.read import ConfigurationError
from detectors.arrays import Image, Index
from detectors.runtime import Runtime
from recognizer.base import Readings, Recognizer
from recognizer.calibration import RATES, Band, Calibration
from recognizer.gallery.index import GalleryIndex
from recognizer.lengths import LEAST_SHARE, LengthBand
from recognizer.load import load_recognizer, shipped_cohort
from recognizer.normalisation import Cohort
from recognizer.onnx import load_chip_spec
from recognizer.population import LANDMARK_JITTER, embed_enrolled, pool_crops, read_people, read_shrunk
from recognizer.shown_rates import require_rates

SIZES_PX = (8, 12, 16, 24, 32, 64, 112)
CROP_COUNTS = (1, 5)


@dataclass(frozen=True, kw_only=True)
class CalibrationJob:
    """What to measure, on whom, and where the calibration goes; its fields are the flags of `glimpse calibrate`.

    Parameters
    ----------
    recognizer
        tiny, base, large, embedded, or an ONNX file
    data
        folder or zip of person/picture, pictures aligned to the ArcFace template
    out
        YAML file to write
    chip_spec
        YAML file with the chip_spec, if the ONNX file has none
    keep
        keep the part of the written file before `calibration:`
    probes
        most people to compare with all others
    threads
        CPU threads
    """

    recognizer: str
    data: Path | None = None
    out: Path | None = None
    chip_spec: str = ""
    keep: bool = False
    probes: int = 1500
    threads: int = 1


def calibrate(job: CalibrationJob) -> Calibration:
    """Measure a recogniser on people's aligned pictures and write its calibration.

    Rates that too few comparisons show are left out; serving then follows the slope of those before. Raises ValueError
    or FileNotFoundError for a model or data that cannot be used, such as too few people to show two rates.
    """
    if job.data is None or job.out is None:
        raise ConfigurationError("glimpse calibrate: expected --data and --out, or --people")
    spec = load_chip_spec(job.chip_spec) if job.chip_spec else None
    model = load_recognizer(job.recognizer, spec=spec, runtime=Runtime(threads=job.threads))
    cohort = shipped_cohort(model, model=job.recognizer)
    people = read_people(job.data)
    rates = require_rates(len(people), job.probes)
    statistics = measure(model, people, probes=job.probes, cohort=cohort, rates=rates)
    command = [Path(job.recognizer).name, "--data", job.data.name, "--probes", str(job.probes)]
    calibration = Calibration(
        model_id=model.model_id,
        weights=model.weights,
        command="glimpse calibrate --recognizer " + shlex.join(command),
        data=job.data.name,
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        rates=rates,
        bands=statistics.bands,
        lengths=statistics.lengths,
        cohort=cohort.digest if cohort else "",
    )
    _write(job.out, calibration, keep=job.keep)
    return calibration


@dataclass(frozen=True)
class Statistics:
    """What a calibration holds of a recogniser: scores of strangers, and lengths of features."""

    bands: tuple[Band, ...]
    lengths: tuple[LengthBand, ...]


def measure(
    recognizer: Recognizer,
    people: dict[str, list[Image]],
    *,
    probes: int,
    cohort: Cohort | None = None,
    rates: Sequence[float] = RATES,
) -> Statistics:
    """The statistics for every face size and crop count, from the templates of at most `probes` people.

    rates: of the tails, descending.
    """
    names = sorted(people)
    vectors = embed_enrolled(recognizer, [people[name][0] for name in names])
    gallery = GalleryIndex(recognizer.model_id, vectors, names, cohort=cohort)
    chosen = np.random.default_rng(0).permutation(len(names))[:probes]
    photographs = [people[names[person]] for person in chosen]
    bands: list[Band] = []
    lengths: list[LengthBand] = []
    for px in choose_sizes(recognizer):
        views = _read_views(recognizer, photographs, px)
        lengths += _measure_lengths(views, px)
        bands += [_measure_band(gallery, chosen, views[:crops], px, lengths, rates) for crops in CROP_COUNTS]
    return Statistics(tuple(bands), tuple(lengths))


def choose_sizes(recognizer: Recognizer) -> list[int]:
    """The face heights to measure, pixels: `SIZES_PX`, and both sides of each step from one member of a family to the
    next. Two members may differ by much, and a threshold between theirs would suit neither."""
    heights = range(SIZES_PX[0], 2 * SIZES_PX[-1])
    chips = {px: recognizer.spec_for(px).size for px in (*heights, heights.stop)}
    steps = [px for px in heights if chips[px] != chips[px + 1]]
    return sorted({*SIZES_PX, *steps, *(px + 1 for px in steps)})


def _read_views(recognizer: Recognizer, people: list[list[Image]], px: int) -> list[Readings]:
    """As many crops of everybody as the greatest crop count; each shows the person's next picture."""
    return [
        read_shrunk(
            recognizer, [pictures[crop % len(pictures)] for pictures in people], px, jitter=LANDMARK_JITTER, seed=crop
        )
        for crop in range(max(CROP_COUNTS))
    ]


def _measure_lengths(views: Sequence[Readings], px: int) -> list[LengthBand]:
    """The lengths of these crops; nothing for a model that gives none."""
    lengths = np.concatenate([view.lengths for view in views])
    if not np.isfinite(lengths).all():
        return []
    least, typical = np.quantile(lengths, [LEAST_SHARE, 0.5])
    return [LengthBand(px=px, least=round(float(least), 4), typical=round(float(typical), 4))]


def _measure_band(
    index: GalleryIndex,
    own: Index,
    views: Sequence[Readings],
    px: int,
    lengths: Sequence[LengthBand],
    rates: Sequence[float],
) -> Band:
    """Impostor statistics of templates that pool these views. own: each person's column in the index's scores."""
    pools = [pool_crops(views, person, px, lengths) for person in range(len(own))]
    scores = index.search(np.stack([pool.template() for pool in pools])).scores
    scores[np.arange(len(own)), own] = np.nan  # the same person is not an impostor
    impostors = scores[np.isfinite(scores)]
    tail = np.quantile(impostors, [1 - rate for rate in rates])
    return Band(
        px=px,
        looks=round(float(np.mean([pool.looks for pool in pools])), 2),
        mean=round(float(impostors.mean()), 4),
        std=round(float(impostors.std()), 4),
        tail=tuple(round(float(value), 4) for value in tail),
    )


def _write(path: Path, calibration: Calibration, *, keep: bool) -> None:
    """Write the calibration; with `keep`, replace only the last section of a file that also holds a chip_spec."""
    body = yaml.safe_dump({"calibration": msgspec.to_builtins(calibration)}, sort_keys=False, default_flow_style=None)
    before = path.read_text(encoding="utf-8").partition("\ncalibration:")[0].rstrip() + "\n" if keep else ""
    path.write_text(before + body, encoding="utf-8")


if __name__ == "__main__":
    from glimpse.command.app import main

    sys.exit(main(["calibrate", *sys.argv[1:]]))
