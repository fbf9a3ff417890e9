"""From evidence to a name, or to an honest "not enough": a confident wrong name on a blurred face is the worst failure.

The surprising decision: whoever was named is judged more kindly than whoever is not yet. Without that hysteresis a
score wandering about its threshold would name, retract and name again several times a second.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from recognizer.base import Decision
from recognizer.calibration import Calibration
from recognizer.evidence import Evidence
from recognizer.gallery.index import GalleryIndex


class DecisionRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How sure is sure enough."""

    false_alarm: Annotated[
        float, Meta(gt=0, lt=1, description="chance that a stranger's track gets any enrolled person's name")
    ] = 0.001
    candidate_false_alarm: Annotated[
        float, Meta(gt=0, lt=1, description="the same chance for being shown as a candidate, which names nobody")
    ] = 0.05
    margin: Annotated[
        float, Meta(ge=0, le=1, description="cosine by which the nearest person must lead the second")
    ] = 0.05
    min_effective: Annotated[
        float, Meta(ge=1, le=32, description="independent looks a name needs, for faces smaller than single_px")
    ] = 2.0
    single_px: Annotated[
        float, Meta(ge=1, le=2000, description="from this face height, pixels, a single look may name")
    ] = 32.0
    min_score: Annotated[
        float, Meta(ge=-1, le=1, description="cosine below which nobody is named, whatever the calibration says")
    ] = 0.0
    hold: Annotated[
        float, Meta(ge=0, le=1, description="cosine a named track may fall below the threshold before it is retracted")
    ] = 0.05


def decide(
    evidence: Evidence,
    index: GalleryIndex,
    rule: DecisionRule,
    calibration: Calibration,
    *,
    previous: Decision | None = None,
) -> Decision:
    """Decide who a track is; see `recognizer.base.State`. Pure: the same arguments give the same decision."""
    raise NotImplementedError
