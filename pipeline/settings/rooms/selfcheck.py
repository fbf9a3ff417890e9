"""Section `selfcheck`: whether strangers and the same people still separate on this site (docs/selfcheck.md)."""

from typing import Annotated

from msgspec import Meta

from configs.fields import FilePath, Unit
from pipeline.settings.section import Section


class SelfCheckSettings(Section, frozen=True, kw_only=True):
    """What `glimpse selfcheck --config` looks at; its result is in the node's health events."""

    file: Annotated[
        FilePath,
        Meta(description="JSON file of the last result and of each camera's usual figures; empty: nothing is kept"),
    ] = ""
    hours: Annotated[float, Meta(gt=0, le=8760, description="the newest hours that are checked"), Unit("h")] = 24.0
    min_tracks: Annotated[
        int, Meta(ge=20, le=10_000, description="faces that a camera needs to be checked; of fewer nothing is said")
    ] = 40
    max_tracks: Annotated[
        int, Meta(ge=20, le=10_000, description="faces of a camera that are read again, the newest ones")
    ] = 400
    false_alarm: Annotated[
        float, Meta(gt=0, lt=0.5, description="chance that a check of a site without a fault finds something")
    ] = 0.01
    baseline_nights: Annotated[
        int, Meta(ge=1, le=60, description="checks without a finding that make a camera's usual figures")
    ] = 7
