"""From the figures of a check to what is wrong: each test has a chance that a site without a fault looks so.

Some tests hold on any site: swapped channels read worse, faces lie in the middle of their crops, strangers and the same
people separate, strangers reach thresholds as often as the calibration says. Others compare a camera with its own clean
nights, since lenses, light and walks differ from site to site.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from glimpse.selfcheck.expected import Expected, Figure
from glimpse.selfcheck.summary import STRANGERS, Mean, Summary
from glimpse.selfcheck.tail import TailCount
from pipeline.site.selfcheck_file import Fault, Usual

MIN_NIGHTS = 3  # before a camera is compared with its own
PRIOR_NIGHTS = 8  # by which the deviation between nights is taken for half of that between sites
OWN_SHARE = 0.5
CENTRE_PX = 0.1  # standard deviation between sites of where faces lie: people look down, or go one way
OWN_CENTRE_PX = 0.05
TAIL_SITES = 0.2  # the same of the logarithm of how often strangers reach a threshold: people of one kind are alike
LENS_SITES = 3.0  # real lenses differ by so many times more than made ones
LEAST_AREA = 0.9  # below it, strangers and the same people do not separate
LEAST_STRANGERS = 0.02  # deviation between nights of the mean cosine of strangers
TESTS_OF_CAMERA, TESTS_OF_SITE = 10, 3
_NORMAL = NormalDist()
_CENTRE = (
    "Landmarks and pixels disagree about where a face is: after an update this is a fault of the program; otherwise see"
    " whether the camera was turned, or sends another stream"
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What one check saw. expected: None for a recogniser of which nothing is known."""

    summaries: Sequence[Summary]
    tails: Sequence[TailCount]
    expected: Expected | None
    usual: Mapping[str, Mapping[str, Usual]]


def find_faults(checked: Checked, *, false_alarm: float) -> list[Fault]:
    """Every fault that is sure enough, the surest first. false_alarm: chance that a clean site shows any at all."""
    tests = TESTS_OF_CAMERA * len(checked.summaries) + TESTS_OF_SITE
    found = [fault for summary in checked.summaries for fault in _test_camera(summary, checked)]
    found += _test_tails(checked)
    found += _test_centre_of_all(checked.summaries)
    sure = [fault for fault in found if fault.chance <= false_alarm / tests]
    return sorted(sure, key=lambda fault: fault.chance)


def _test_camera(summary: Summary, checked: Checked) -> Iterator[Fault]:
    usual = checked.usual.get(summary.camera, {})
    yield from _test_colour(summary)
    yield from _test_centre(summary, usual)
    for figure, test in _TESTS.items():
        if mean := summary.means.get(figure):
            yield from test(summary, mean, usual.get(figure), checked.expected is not None)
    yield from _test_separation(summary)


def _test_colour(summary: Summary) -> Iterator[Fault]:
    mean = summary.means.get(Figure.COLOUR)
    if mean is None or mean.error <= 0:
        return
    times = math.exp(-mean.plain)
    text = (
        f"crops with swapped red and blue read {times:.2f} times as well as they are"
        f" (95 % interval {_times(-mean.plain, mean.error)}; {mean.tracks} faces)"
    )
    advice = (
        "Red and blue are swapped on their way to the recogniser: look at a crop (glimpse history show --crop)."
        " If it looks blue, the camera or its decoder gives BGR as RGB; if it looks right, chip_spec.color is wrong"
    )
    yield Fault(camera=summary.camera, kind="colour", text=text, advice=advice, chance=_below(mean.plain / mean.error))


def _test_centre(summary: Summary, usual: Mapping[str, Usual]) -> Iterator[Fault]:
    means = [summary.means.get(figure) for figure in (Figure.ACROSS, Figure.DOWN)]
    if means[0] is None or means[1] is None:
        return
    shift = np.array([mean.value for mean in means if mean])
    errors = np.array([mean.error for mean in means if mean])
    text = (
        f"faces lie {shift[0]:+.2f} px across and {shift[1]:+.2f} px down from the middle of their crops"
        f" (deviation {errors.max():.2f} px; {summary.tracks} faces)"
    )
    chance = _joint(shift, np.hypot(errors, CENTRE_PX))
    yield Fault(camera=summary.camera, kind="shift", text=text, advice=_CENTRE, chance=chance)
    own = [usual.get(figure) for figure in (Figure.ACROSS, Figure.DOWN)]
    if not all(one is not None and len(one.means) >= MIN_NIGHTS for one in own):
        return
    moved = shift - np.array([np.mean(one.means) for one in own if one])
    spread = [_own_spread(one, OWN_CENTRE_PX / OWN_SHARE) for one in own if one]
    text = f"faces lie {moved[0]:+.2f} px across and {moved[1]:+.2f} px down from where they usually do here"
    chance = _joint(moved, np.hypot(errors, spread))
    yield Fault(camera=summary.camera, kind="shift", text=text, advice=_CENTRE, chance=chance)


def _test_centre_of_all(summaries: Sequence[Summary]) -> Iterator[Fault]:
    """A fault of the program moves the faces of all cameras alike, so they count together."""
    pairs = [[summary.means.get(figure) for figure in (Figure.ACROSS, Figure.DOWN)] for summary in summaries]
    used = [[mean for mean in pair if mean] for pair in pairs if all(pair)]
    if len(used) < 2:
        return
    shifts = np.array([[mean.value for mean in pair] for pair in used])
    weights = 1 / (np.array([[mean.error for mean in pair] for pair in used]) ** 2 + CENTRE_PX**2)
    shift, spread = (shifts * weights).sum(0) / weights.sum(0), 1 / np.sqrt(weights.sum(0))
    text = (
        f"on all cameras faces lie {shift[0]:+.2f} px across and {shift[1]:+.2f} px down from the middle of their crops"
    )
    yield Fault(camera="", kind="shift", text=text, advice=_CENTRE, chance=_joint(shift, spread))


Test = Callable[[Summary, Mean, Usual | None, bool], Iterator[Fault]]


def _falls(kind: str, what: str, advice: str, *, absolute: float = 0.0) -> Test:
    """A test that a figure, a logarithm, has not fallen. absolute: times the deviation between made sites; 0: do not
    compare with other sites."""

    def test(summary: Summary, mean: Mean, usual: Usual | None, is_known: bool) -> Iterator[Fault]:
        if absolute and is_known:
            chance = _below(mean.value / math.hypot(absolute * mean.sites, mean.error))
            text = f"{what} {math.exp(mean.value):.2f} times that of made sites ({mean.tracks} faces)"
            yield Fault(camera=summary.camera, kind=kind, text=text, advice=advice, chance=chance)
        if usual is not None and len(usual.means) >= MIN_NIGHTS:
            change = mean.value - float(np.mean(usual.means))
            spread = math.hypot(mean.error, _own_spread(usual, mean.sites))
            text = (
                f"{what} {math.exp(change):.2f} times that of this camera's clean nights"
                f" (95 % interval {_times(change, spread)}; {mean.tracks} faces)"
            )
            yield Fault(camera=summary.camera, kind=kind, text=text, advice=advice, chance=_below(change / spread))

    return test


def _changes(kind: str, what: str, advice: str, *, sign: int, least: float) -> Test:
    """A test that a cosine has not moved the wrong way since this camera's clean nights. least: deviation of nights."""

    def test(summary: Summary, mean: Mean, usual: Usual | None, _is_known: bool) -> Iterator[Fault]:
        if usual is None or len(usual.means) < MIN_NIGHTS:
            return
        before = float(np.mean(usual.means))
        change = mean.value - before
        spread = math.hypot(mean.error, _own_spread(usual, max(mean.sites, least)))
        text = (
            f"{what} {change:+.3f} against this camera's clean nights (d' {summary.separation.distance:.1f},"
            f" AUC {summary.separation.area:.3f})"
        )
        yield Fault(camera=summary.camera, kind=kind, text=text, advice=advice, chance=_below(-sign * change / spread))

    return test


_LENS = "Clean the lens and look at its focus; a picture of glimpse clip shows it"
_READING = "Compare a picture with one of a clean night: dirt, focus, light, or another bit rate or codec"
_TESTS: dict[str, Test] = {
    Figure.SHARPNESS: _falls("blur", "sharpness is", _LENS, absolute=LENS_SITES),
    Figure.LENGTH: _falls("reading", "faces read", _READING, absolute=LENS_SITES),
    Figure.AGREEMENT: _changes("same person", "cosine of two halves of a track:", _READING, sign=-1, least=0.02),
    STRANGERS: _changes("strangers", "cosine of strangers:", _READING, sign=1, least=LEAST_STRANGERS),
}


def _test_separation(summary: Summary) -> Iterator[Fault]:
    separation = summary.separation
    area, same = separation.area, len(separation.genuine)
    if not (math.isfinite(area) and same >= 20 and len(separation.strangers) >= 20):
        return
    error = math.sqrt(max(area * (1 - area), 1e-4) / same)
    text = (
        f"two halves of one track are more alike than strangers in {100 * area:.0f} of 100 cases"
        f" (d' {separation.distance:.1f}; {same} tracks)"
    )
    advice = "Nobody can be told apart here: see the other findings, the recogniser's file and its chip_spec"
    chance = _below((area - LEAST_AREA) / error)
    yield Fault(camera=summary.camera, kind="separation", text=text, advice=advice, chance=chance)


def _test_tails(checked: Checked) -> Iterator[Fault]:
    known = {level.rate: level for level in checked.expected.tails} if checked.expected else {}
    for tail in checked.tails:
        level = known.get(tail.rate)
        middle, sites = (level.mean, level.sites) if level else (0.0, TAIL_SITES)
        spread = math.hypot(tail.error, max(sites, TAIL_SITES))
        chance = 2 * _below(-abs(tail.ratio - middle) / spread)
        text = (
            f"strangers reach the score of 1 in {1 / tail.rate:.0f} comparisons {math.exp(tail.ratio):.1f} times as"
            f" often as the calibration says ({tail.seen} of {tail.expected:.0f} expected)"
        )
        meanwhile = "lower decision.false_alarm until then" if tail.ratio > 0 else "people are named too rarely"
        advice = (
            "The calibration does not fit recogniser, cohort or people: run glimpse doctor, and glimpse calibrate for"
            f" a recogniser of your own; {meanwhile}"
        )
        yield Fault(camera="", kind="calibration", text=text, advice=advice, chance=chance)


def _own_spread(usual: Usual, sites: float) -> float:
    """Deviation of a new night from the mean of the clean ones, by these and, as a prior, by what sites differ."""
    nights = len(usual.means)
    prior = PRIOR_NIGHTS * (OWN_SHARE * sites) ** 2
    seen = float(np.sum((np.array(usual.means) - np.mean(usual.means)) ** 2))
    return math.sqrt((prior + seen) / (PRIOR_NIGHTS + nights - 1) * (1 + 1 / nights))


def _below(z: float) -> float:
    return _NORMAL.cdf(z)


def _joint(shift: np.ndarray, spread: np.ndarray) -> float:
    """The chance that two independent normal variables are so far from 0 together."""
    return math.exp(-0.5 * float(((shift / spread) ** 2).sum()))


def _times(log: float, error: float) -> str:
    return f"{math.exp(log - 1.96 * error):.2f} to {math.exp(log + 1.96 * error):.2f}"
