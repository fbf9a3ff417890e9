"""How often people with several photographs are not recognised: the other side of a false match."""

import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from benchmarks.fairness.kept import Arrays, keep
from benchmarks.fairness.readings import SIZES_PX, digest_of, read_view
from detectors.arrays import Float32, Image, Index, Mask
from detectors.pictures import decode_picture
from recognizer.base import Recognizer
from recognizer.calibrate_links import half_of
from recognizer.calibrate_reach import score
from recognizer.calibration import Calibration
from recognizer.load import Scoring
from recognizer.population import embed_enrolled, read_people

MOST_VIEWS = 4  # photographs of one person that are compared with the enrolled one
RESAMPLES = 400


@dataclass(frozen=True, slots=True)
class Missed:
    """Of one face height: photographs compared, those below the threshold, and the interval (95 %) of their share.

    People are drawn again with all their photographs.
    """

    px: int
    people: int
    compared: int
    missed: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class OwnScores:
    """Scores of people with their own photograph. owners: whose each is, (V,).  scores: by face height, (V,)."""

    people: int
    owners: Index
    scores: dict[int, Float32]


def read_named(source: Path, *, most: int) -> dict[str, list[Image]]:
    """At most so many people with two photographs or more, drawn at random; each with MOST_VIEWS + 1 at most."""
    people = {name: shown for name, shown in read_people(source).items() if len(shown) > 1}
    names = sorted(people)
    drawn = sorted(np.random.default_rng(0).permutation(len(names))[:most])
    return {names[row]: people[names[row]][: MOST_VIEWS + 1] for row in drawn}


def read_rmfd(source: Path) -> dict[str, list[Image]]:
    """People of RMFD by their file names, `0_0_NAME_0014.webp`, with two photographs or more.

    One half of them, by a hash of their names: the cohorts that ship hold means of the other half's faces.
    """
    people: dict[str, list[Image]] = {}
    with zipfile.ZipFile(source) as archive:
        for path in sorted(name for name in archive.namelist() if name.endswith(".webp")):
            if not misses_count(path):
                continue
            name = rmfd_name(path)
            picture = decode_picture(archive.read(path))
            if picture is not None and len(people.setdefault(name, [])) <= MOST_VIEWS:
                people[name].append(picture)
    return {name: shown for name, shown in people.items() if len(shown) > 1}


def misses_count(path: str) -> bool:
    """Whether this picture of RMFD is of somebody whose misses are counted."""
    return half_of(rmfd_name(path)) == 1


def rmfd_name(path: str) -> str:
    """Who is on a picture of RMFD."""
    return PurePosixPath(path).stem.rpartition("_")[0]


def count_missed(own: OwnScores, calibration: Calibration, asked: float) -> list[Missed]:
    """One crop of each photograph but the first is compared with that, at the threshold for a rate, by face height."""
    rows = []
    for px, scores in own.scores.items():
        missed = scores < calibration.threshold(px, 1, asked)
        low, high = _interval(missed, own.owners)
        rows.append(Missed(px, own.people, len(missed), int(missed.sum()), low, high))
    return rows


def score_own(
    recognizer: Recognizer, scoring: Scoring, people: dict[str, list[Image]], *, cache: Path | None
) -> OwnScores:
    """Enrol everybody's first photograph, and compare one crop of each other with it."""
    names = sorted(people)
    pictures = [picture for name in names for picture in people[name][1:]]
    owners = np.array([row for row, name in enumerate(names) for _ in people[name][1:]], np.intp)

    def read() -> Arrays:
        faces = embed_enrolled(recognizer, [people[name][0] for name in names])
        views = {px: read_view(recognizer, pictures, px) for px in SIZES_PX}
        return {f"own_{px}": _own_scores(view, faces, owners, scoring) for px, view in views.items()}

    found = keep(cache, f"own-{recognizer.weights}-{scoring.calibration.cohort}-{digest_of(pictures)}", read)
    return OwnScores(len(names), owners, {px: found[f"own_{px}"] for px in SIZES_PX})


def _own_scores(views: Float32, faces: Float32, owners: Index, scoring: Scoring) -> Float32:
    """Of each view (V,D) with its owner's photograph, (P,D); (V,)."""
    near = scoring.cohort.nearness(faces) if scoring.cohort else None
    blocks = []
    for start in range(0, len(views), 512):
        scores = score(views[start : start + 512], faces, scoring, near)
        blocks.append(scores[np.arange(len(scores)), owners[start : start + 512]])
    return np.concatenate(blocks)


def _interval(missed: Mask, owners: Index) -> tuple[float, float]:
    random, people = np.random.default_rng(0), int(owners.max()) + 1
    draws = random.multinomial(people, np.full(people, 1 / people), RESAMPLES)[:, owners]
    low, high = np.quantile((draws * missed).sum(axis=1) / draws.sum(axis=1), (0.025, 0.975))
    return float(low), float(high)
