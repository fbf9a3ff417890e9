"""The calibration of a student that was fitted to a site, measured on visitors whom it has not learnt from.

A site shows too few strangers to count rare false matches. So the calibration of the shipped family stays, and each
threshold rises by as much as the scores of strangers rose, in whichever set they rose most. No threshold falls.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from detectors.arrays import Float32
from distill.site.measure import SHOWN, Scores
from recognizer.base import Recognizer
from recognizer.calibration import Band, Calibration
from recognizer.lengths import LengthBand


@dataclass(frozen=True, slots=True, eq=False)
class Strangers:
    """Scores of strangers before and after."""

    before: Scores
    after: Scores


def raise_thresholds(
    calibration: Calibration,
    far: Sequence[Strangers],
    near: Sequence[Strangers],
    *,
    far_px: float,
    lengths: tuple[LengthBand, ...],
    recognizer: Recognizer,
    origin: str,
) -> Calibration:
    """The calibration of a fitted recogniser. far, near: sets of strangers, by far looks and by near ones.

    far_px: greatest face height that its fitted student reads.  lengths: of its features (`scale_lengths`).
    origin: whom it was measured with.

    It has no reach: a gallery that needs rarer rates than were counted gives no names, instead of unsure ones.
    """
    steps = [_most([rises(one, calibration.rates) for one in sets]) for sets in (far, near)]
    count = len(calibration.rates)
    floor = _most([[*tails(one.after, calibration.rates), *[-1.0] * count][:count] for one in far])
    bands = tuple(
        _raised(band, steps[0], floor) if band.px <= far_px else _raised(band, steps[1], ())
        for band in calibration.bands
    )
    return msgspec.structs.replace(
        calibration,
        model_id=recognizer.model_id,
        weights=recognizer.weights,
        command=f"{calibration.command}; then python -m distill site",
        data=f"{calibration.data}; {origin}",
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        bands=bands,
        lengths=lengths,
        reach=None,
    )


def tails(scores: Scores, rates: Sequence[float]) -> list[float]:
    """The scores that strangers exceed at those of the rates that SHOWN or more pairs show."""
    values = scores.values[scores.other & scores.seen[:, None]]
    shown = [rate for rate in rates if rate * len(values) >= SHOWN]
    return [float(np.quantile(values, 1 - rate)) for rate in shown]


def rises(strangers: Strangers, rates: Sequence[float]) -> list[float]:
    """By how much the scores of strangers rose at each rate or a rarer one, at least 0; the most, where it is too rare.

    A site is often easier than the calibration, whose threshold of a rate is then that of a rarer one.
    """
    pairs = zip(tails(strangers.before, rates), tails(strangers.after, rates), strict=True)
    shown = [max(0.0, after - before) for before, after in pairs]
    rarest = [max(shown[place:]) for place in range(len(shown))]
    return rarest + [max(shown, default=0.0)] * (len(rates) - len(shown))


def _most(sets: Sequence[Sequence[float]]) -> list[float]:
    return [max(values) for values in zip(*sets, strict=True)]


def _raised(band: Band, steps: Sequence[float], floor: Sequence[float]) -> Band:
    tail = [value + step for value, step in zip(band.tail, steps, strict=True)]
    if floor:
        tail = [max(pair) for pair in zip(tail, floor, strict=True)]
    return msgspec.structs.replace(band, tail=tuple(round(float(v), 4) for v in np.maximum.accumulate(tail)))


def scale_lengths(
    bands: Sequence[LengthBand], before: Float32, after: Float32, *, far_px: float
) -> tuple[LengthBand, ...]:
    """Bands of lengths up to a face height, scaled as the feature lengths (L,) of far looks were by the fit."""
    pair = [float(np.median(part)) if len(part) else np.nan for part in (before, after)]
    if not np.isfinite(pair).all() or pair[0] <= 0:
        return tuple(bands)
    factor = pair[1] / pair[0]
    return tuple(_scaled(band, factor) if band.px <= far_px else band for band in bands)


def _scaled(band: LengthBand, factor: float) -> LengthBand:
    return msgspec.structs.replace(band, least=round(band.least * factor, 4), typical=round(band.typical * factor, 4))
