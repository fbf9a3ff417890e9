"""The visits to a made site over two weeks as a folder of tracks, as `python -m distill site` reads it."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2

from benchmarks.site_tuning.cast import Cast
from benchmarks.site_tuning.made_camera import MadeSite, film
from detectors.arrays import Image
from distill.site.visitors import LIST, Look
from recognizer.base import Recognizer

DAY_SECONDS = 86_400.0
START = 1_764_200_000.0  # Unix seconds of the first visit
FIRST_DAYS = (0, 10, 14)  # when the groups of visitors come first
AGAIN_DAYS = 2  # later they come again
FILMS = 100  # of one site and seed, at most
LATER = START + 30 * DAY_SECONDS  # when those are filmed who are scored


def record(folder: Path, site: MadeSite, recognizer: Recognizer, cast: Cast, *, seed: int) -> None:
    """Write the tracks of all visits, and who came twice, as an operator would have confirmed it."""
    said: list[tuple[str, str, str]] = []
    for name, person, looks in _film_all(site, recognizer, cast, seed):
        write_track(folder / name, looks)
        said.append((name, person, "confirmed"))
    with (folder / LIST).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("track", "person", "known"), *said])


def write_track(folder: Path, looks: Sequence[Look]) -> None:
    """The looks of one track."""
    folder.mkdir(parents=True, exist_ok=True)
    for look in looks:
        cv2.imwrite(str(folder / f"{look.time:.3f}_{look.px:.2f}.png"), look.picture)


def _film_all(site: MadeSite, recognizer: Recognizer, cast: Cast, seed: int) -> Iterator[tuple[str, str, list[Look]]]:
    for group, (visitors, day) in enumerate(zip(cast.visitors, FIRST_DAYS, strict=True)):
        for visit in range(max(map(len, visitors))):
            come = [(number, pictures[visit]) for number, pictures in enumerate(visitors) if len(pictures) > visit]
            pictures: list[Image] = [picture for _, picture in come]
            start, own = START + (day + AGAIN_DAYS * visit) * DAY_SECONDS, FILMS * seed + 10 * group + visit
            for (number, _), looks in zip(come, film(site, recognizer, pictures, start, seed=own), strict=True):
                yield f"{group}-{number:04d}-{visit}", f"{group}-{number:04d}", looks
