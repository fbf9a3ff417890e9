"""What settings are made of: kinds of numbers, fields that every training has, and how a configuration is read."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from configs.fields import Formerly
from configs.read import ConfigurationError
from configs.read import read_settings as read_yaml_settings
from distill.errors import DistillError

Count = Annotated[int, Meta(ge=1)]
Whole = Annotated[int, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Amount = Annotated[float, Meta(ge=0)]
Cosine = Annotated[float, Meta(ge=-1, le=2)]
Pixels = Annotated[float, Meta(ge=4, le=512)]
Kind = TypeVar("Kind", bound=msgspec.Struct)

# Fields that every training has; the defaults differ.
Samples = Annotated[Count, Meta(description="training samples, of all processes together and of earlier runs")]
Batch = Annotated[Count, Meta(description="samples per step and process")]
OptimiserName = Annotated[
    Literal["adamw", "muon"], Meta(description="muon moves convolutions and linear layers, and AdamW moves the rest")
]
LearningRate = Annotated[Amount, Meta(description="highest learning rate")]
WeightDecay = Annotated[Amount, Meta(description="decoupled weight decay")]
WarmupSamples = Annotated[
    Whole, Meta(description="samples over which the learning rate rises from zero"), Formerly("warmup")
]
FlatFraction = Annotated[
    Share,
    Meta(description="share of all samples after which the learning rate starts to fall towards zero"),
    Formerly("hold"),
]
AverageDecay = Annotated[
    Share, Meta(description="decay of the running average of weights, which is tested and exported")
]
Workers = Annotated[Whole, Meta(description="processes that prepare batches; 0: the training process itself")]
CheckpointSeconds = Annotated[Amount, Meta(description="seconds between two checkpoints"), Formerly("save")]
EvalEvery = Annotated[Count, Meta(description="samples between two evaluations during training"), Formerly("check")]
FromPixels = Annotated[Pixels, Meta(description="lowest face height, pixels")]
ToPixels = Annotated[Pixels, Meta(description="greatest face height, pixels")]


def read_settings(path: Path, kind: type[Kind], overrides: Iterable[str] = ()) -> Kind:
    """Read a configuration of this kind, each override (`key=value`) laid over it. Raises DistillError."""
    try:
        return read_yaml_settings(path, kind, overrides)
    except ConfigurationError as error:
        raise DistillError(str(error)) from None


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the configuration: immutable, and unknown keys are errors."""
