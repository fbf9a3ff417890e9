"""What all sections of the configuration share: their base, and the types of their values."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from configs.fields import Unit

Seconds = Annotated[float, Unit("s")]
Share = Annotated[float, Meta(ge=0, le=1)]


class FlagGroup(StrEnum):
    """Headings of `--help`, in order."""

    INPUT = "what to watch"
    MODELS = "models"
    FRAMES = "which frames and faces"
    RESULTS = "where results go"
    RUN = "the run"


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the configuration: immutable, and unknown keys are errors."""
