"""What a recogniser's figures are on sites without a fault: measured on made footage, shipped beside its calibration.

`python -m glimpse.selfcheck.measure` makes the file.
"""

import math
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta

from configs.read import ConfigurationError, load_yaml, to_settings
from detectors.arrays import Float64
from recognizer.load import WEIGHTS, family_name


class Figure(StrEnum):
    """A figure of each stored crop, or of each track.

    length: logarithm of the feature's length.  colour: how much longer it is than with swapped channels, logarithm.
    across, down: how far the face lies to the right and below of where it should, chip pixels.
    sharpness: logarithm of the share of finest detail.  agreement: cosine of the halves of a track.
    """

    LENGTH = "length"
    COLOUR = "colour"
    ACROSS = "across"
    DOWN = "down"
    SHARPNESS = "sharpness"
    AGREEMENT = "agreement"


class Level(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A figure of faces `px` high: its mean, its standard deviation between faces, and that between sites' means."""

    px: Annotated[float, Meta(gt=0)]
    mean: float
    faces: Annotated[float, Meta(ge=0)]
    sites: Annotated[float, Meta(ge=0)]


class TailLevel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Logarithm of seen / expected strangers above the threshold of a rate: its mean, and deviation between sites."""

    rate: Annotated[float, Meta(gt=0, lt=1)]
    mean: float
    sites: Annotated[float, Meta(ge=0)]


class Expected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that is expected of one recogniser, with the command, data and date that it comes from.

    weights: `Recognizer.weights` of the very files that were measured.  figures: levels of every figure.
    tails: of the shipped calibration.
    """

    model_id: str
    weights: str
    command: str
    data: str
    date: str
    figures: Annotated[dict[Figure, Annotated[tuple[Level, ...], Meta(min_length=1)]], Meta(min_length=len(Figure))]
    tails: tuple[TailLevel, ...]

    def level(self, figure: Figure, px: Float64) -> tuple[Float64, Float64, Float64]:
        """Mean, deviation of faces and deviation of sites, each (T,), for face heights (T,); linear in log px."""
        levels = sorted(self.figures[figure], key=lambda level: level.px)
        places = [math.log(level.px) for level in levels]
        wanted = np.log(np.maximum(px, 1.0))
        columns = ([getattr(level, name) for level in levels] for name in ("mean", "faces", "sites"))
        mean, faces, sites = (np.interp(wanted, places, column) for column in columns)
        return mean, faces, sites


def open_expected(model: str, weights: str) -> Expected | None:
    """What ships for `tiny`, `base`, `large` or `embedded`; None for other models, and where none ships.

    Raises ValueError for a malformed file, or one of other weights.
    """
    name = family_name(model)
    path = WEIGHTS / f"selfcheck_{name}.yaml"
    if not name or not path.is_file():
        return None
    found = read_expected(path)
    if found.weights != weights:
        command = f"python -m glimpse.selfcheck.measure --recognizer {name} --data PEOPLE --out {path}"
        raise ValueError(f"{path} was measured with other weights than {weights}; make one with {command}")
    return found


def read_expected(path: Path) -> Expected:
    """Read a file of `python -m glimpse.selfcheck.measure`. Raises ConfigurationError for another one."""
    try:
        return to_settings(load_yaml(path).get("selfcheck"), Expected)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: expected a file of glimpse.selfcheck.measure ({error})") from error
