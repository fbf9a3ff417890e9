"""How many strangers a day get a name, by gallery size, face height and number of looks: what a reach tells."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from recognizer.calibration import Calibration, over_comparisons, per_comparison
from recognizer.reach import CountedPoint, Reach, ReachBand
from recognizer.refusal import Asked, find_refusal
from recognizer.worst_group import WORST, Groups

KEPT_FACES = 1000  # whose threshold is kept, to show what becomes of it in larger galleries


@dataclass(frozen=True, slots=True)
class FalseNames:
    """What to expect of one band in a gallery of `faces`.

    a_day, low, high: strangers named a day, and the interval (95 %).  own_share: of people's own tracks that reach the
    threshold, 0..1.  counted: whether the rate is one that was counted; otherwise it follows the fit of the tail.
    refusal: why nobody is named; empty where names are given.
    """

    faces: int
    px: float
    looks: float
    threshold: float
    a_day: float
    low: float
    high: float
    own_share: float
    counted: bool
    refusal: str


def list_false_names(
    calibration: Calibration,
    sizes: Sequence[int],
    *,
    false_alarm: float,
    strangers_a_day: float,
    kept: bool = False,
    groups: Groups = WORST,
) -> Iterator[FalseNames]:
    """Rows by gallery size and band, at the threshold of each gallery; `kept`: at that of KEPT_FACES in all of them.

    groups: whom the threshold of a gallery holds for; that of KEPT_FACES, at which strangers were counted, is always
    one for the mean. The strangers of a day are those of the mean: of the worst group, `Calibration.factor` times as
    many are named.
    Raises ValueError for a calibration without a reach.
    """
    reach = calibration.reach
    if reach is None:
        raise ValueError(
            f"calibration of {calibration.model_id}: expected one with a reach; measure it with"
            " python -m recognizer.calibrate_reach"
        )
    for faces in sizes:
        for band in sorted(reach.bands, key=lambda band: (band.px, band.looks)):
            asked = Asked(false_alarm, faces, calibration.factor(groups))
            rate = per_comparison(false_alarm, KEPT_FACES) if kept else asked.rate
            refusal = "" if kept else find_refusal(calibration, asked, band.px, band.looks)
            threshold = calibration.threshold(band.px, band.looks, rate)
            yield _describe(reach, band, threshold, faces, strangers_a_day, refusal)


def points_of(reach: Reach, px: float, looks: float) -> list[CountedPoint]:
    """The counted points of one band, by gallery size."""
    own = [point for point in reach.points if (point.px, point.looks) == (px, looks)]
    return sorted(own, key=lambda point: (point.learnt, point.faces))


def _describe(
    reach: Reach, band: ReachBand, threshold: float, faces: int, strangers_a_day: float, refusal: str
) -> FalseNames:
    rates = reach.rate(band, threshold)
    a_day, low, high = (strangers_a_day * over_comparisons(rate, faces) for rate in rates)
    share = reach.genuine_share(band, threshold)
    counted = rates[0] >= reach.counted
    return FalseNames(faces, band.px, band.looks, threshold, a_day, low, high, share, counted, refusal)
