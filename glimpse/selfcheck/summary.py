"""The figures of one camera in one check, each as a mean that compares with other checks and other sites."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float64
from glimpse.selfcheck.expected import Expected, Figure
from glimpse.selfcheck.figures import CameraFigures
from glimpse.selfcheck.seen_track import SeenTrack
from glimpse.selfcheck.separation import Separation, measure_separation

STRANGERS = "strangers"
"""Name of the mean cosine of strangers, beside those of `Figure`."""
MIN_VALUES = 20
DRAWS = 100


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of a figure over so many tracks, less what is expected at their sizes. error: its standard deviation.

    plain: the same without taking off what is expected.  sites: deviation of such means between sites.
    """

    value: float
    error: float
    tracks: int
    plain: float
    sites: float


@dataclass(frozen=True, slots=True)
class Summary:
    """One camera. tracks: with a crop.  px: their median face height.  means: of figures and STRANGERS, by name."""

    camera: str
    tracks: int
    px: float
    means: dict[str, Mean]
    separation: Separation


def summarise(camera: str, tracks: Sequence[SeenTrack], figures: CameraFigures, expected: Expected | None) -> Summary:
    """The means of those figures that enough tracks have. expected: None: nothing is known of this recogniser."""
    found = {}
    for figure, values in figures.values.items():
        good = np.isfinite(values)
        if good.sum() >= MIN_VALUES:
            found[figure.value] = _mean(figure, values[good], figures.px[good], expected)
    separation = measure_separation(tracks)
    if strangers := _strangers(tracks, separation):
        found[STRANGERS] = strangers
    px = float(np.median(figures.px)) if len(figures.px) else 0.0
    return Summary(camera, len(figures.px), px, found, separation)


def _mean(figure: Figure, values: Float64, px: Float64, expected: Expected | None) -> Mean:
    usual, sites = np.zeros(len(values)), np.zeros(len(values))
    if expected is not None:
        usual, _, sites = expected.level(figure, px)
    rest = values - usual
    error = float(rest.std(ddof=1) / np.sqrt(len(rest)))
    return Mean(float(rest.mean()), error, len(rest), float(values.mean()), float(sites.mean()))


def _strangers(tracks: Sequence[SeenTrack], separation: Separation) -> Mean | None:
    """None where too few pairs were seen."""
    if len(separation.strangers) < MIN_VALUES:
        return None
    mean = float(separation.strangers.mean())
    return Mean(mean, _strangers_error(tracks), len(separation.strangers), mean, 0.0)


def _strangers_error(tracks: Sequence[SeenTrack]) -> float:
    """Standard deviation of the mean cosine with tracks drawn again: a pair of tracks is no trial of its own.

    The mean over all pairs follows from the length of the sum of the templates.
    """
    vectors = np.stack([track.template for track in tracks if track.template is not None]).astype(np.float64)
    random, count = np.random.default_rng(0), len(vectors)
    means = []
    for _ in range(DRAWS):
        times = random.multinomial(count, np.full(count, 1 / count))
        total = times @ vectors
        pairs = count**2 - float(times @ times)
        means.append((float(total @ total) - float(times @ times)) / max(pairs, 1.0))
    return float(np.std(means))
