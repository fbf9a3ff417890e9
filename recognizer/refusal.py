"""Where the asked false-alarm rate cannot be had in a gallery of this size, and what would help."""

from collections.abc import Iterator
from dataclasses import dataclass

from recognizer.calibration import Calibration, per_comparison
from recognizer.reach import BEYOND_MEASURED, LEAST_SHARE, MOST_EXCESS

HELP = "larger faces, more looks, a site list or a higher decision.false_alarm would help"
PLAIN_SIZES = (8.0, 12.0, 16.0, 24.0, 32.0, 64.0, 112.0)
SLACK = 1e-9  # of rounding


@dataclass(frozen=True, slots=True)
class Asked:
    """The false-alarm rate of a track, and the faces it is compared with.

    factor: how many times lower it is asked for, so that it holds for the worst group too (`Calibration.factor`).
    """

    false_alarm: float
    faces: int
    factor: float = 1.0

    @property
    def rate(self) -> float:
        """That each comparison may have."""
        return per_comparison(self.false_alarm / self.factor, self.faces)


def find_refusal(calibration: Calibration, asked: Asked, px: float, looks: float) -> str:
    """Why nobody is named at this face height and number of looks; empty where names are possible.

    With a reach (`recognizer.reach`): the threshold leaves hardly anybody, or the fit of the tail is too unsure of it.
    Without: the rate is too far beyond those that were measured.
    """
    rate, reach = asked.rate, calibration.reach
    if reach is None:
        rarest = calibration.rates[-1] / BEYOND_MEASURED
        return _say(asked, f"asks for less than the {rarest:g} a comparison that the calibration can tell") * (
            rate < rarest * (1 - SLACK)
        )
    if rate >= calibration.rates[-1]:
        return ""  # counted, and no fit is needed
    band = reach.band(px, looks)
    threshold = calibration.threshold(band.px, band.looks, rate)
    if (share := reach.genuine_share(band, threshold)) < LEAST_SHARE:
        return _say(asked, f"leaves {100 * share:.1f} % of people's own tracks at {band.px:g} px and {looks:.1f} looks")
    if (excess := reach.rate(band, threshold)[2] / rate) > MOST_EXCESS:
        return _say(asked, f"cannot be shown at {band.px:g} px: there may be {excess:.0f} times as many")
    return ""


def describe_limit(calibration: Calibration, asked: Asked) -> str:
    """One sentence about the face heights at which nobody is named; empty where there are none."""
    refused = list(_refused_sizes(calibration, asked))
    if not refused:
        return ""
    faces = f"{asked.faces} faces at a false alarm of {asked.false_alarm:g}"
    if len(refused) == len(_sizes(calibration)):
        return f"{faces}: nobody is named, at any face height; a site list or a higher decision.false_alarm would help"
    sizes = ", ".join(f"{px:g}" for px in refused)
    return f"{faces}: nobody is named from faces of {sizes} px, not even after many looks; {HELP}"


def _refused_sizes(calibration: Calibration, asked: Asked) -> Iterator[float]:
    most_looks = 32.0
    for px in _sizes(calibration):
        if find_refusal(calibration, asked, px, most_looks):
            yield px


def _sizes(calibration: Calibration) -> tuple[float, ...]:
    """The face heights of the reach; without one, a few."""
    if calibration.reach is None:
        return PLAIN_SIZES
    return tuple(sorted({band.px for band in calibration.reach.bands}))


def _say(asked: Asked, why: str) -> str:
    return f"a false alarm of {asked.false_alarm:g} with {asked.faces} faces {why}; {HELP}"
