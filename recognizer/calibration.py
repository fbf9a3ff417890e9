"""How similar strangers look to a recogniser, by face size: the threshold that keeps a promised false-alarm rate.

The surprising decision: thresholds are measured tail quantiles, not a fitted bell curve. Impostor cosines have a
heavier right tail than a normal distribution of the same mean and spread (people of one age, sex and origin look
alike), so the curve would promise one false alarm in a thousand and deliver several.
"""

from typing import Annotated

import msgspec
from msgspec import Meta


class Band(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Impostor cosines of templates pooled from `looks` independent crops of faces `px` high, against sharp photos.

    mean, std: of all of them, for the reader.  tail: cosine exceeded at each of the calibration's `rates`.
    """

    px: Annotated[float, Meta(gt=0)]
    looks: Annotated[int, Meta(ge=1)]
    mean: float
    std: float
    tail: tuple[float, ...]


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Impostor statistics of one recogniser, and where they came from."""

    model_id: str
    command: str
    data: str
    date: str
    rates: tuple[float, ...]
    bands: tuple[Band, ...]
    measured: bool = True
