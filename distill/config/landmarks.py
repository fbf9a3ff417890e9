"""How the landmark regressor learns."""

from typing import Annotated

from msgspec import Meta

from configs.fields import FilePath, Formerly
from distill.config.fields import (
    Amount,
    Batch,
    CheckpointSeconds,
    FromPixels,
    LearningRate,
    OptimiserName,
    Samples,
    Section,
    ToPixels,
    WeightDecay,
    Workers,
)
from distill.config.views import DegradeSettings


class LandmarkSettings(Section, frozen=True):
    """The regressor for the landmarks of small faces (distill/landmarks/)."""

    folder: Annotated[FilePath, Meta(description="where the model and its card are written")] = "landmarks"
    from_px: FromPixels = 8
    to_px: ToPixels = 40
    box_shift: Annotated[
        Amount,
        Meta(description="error of the detector's box: shift, standard deviation, share of the face height"),
        Formerly("shift"),
    ] = 0.06
    box_scale: Annotated[
        Amount,
        Meta(description="error of the detector's box: logarithm of its size, standard deviation"),
        Formerly("scale"),
    ] = 0.1
    rotate_degrees: Annotated[
        Amount, Meta(description="rotation of the face, standard deviation, degrees"), Formerly("turn")
    ] = 10.0
    width_jitter: Annotated[
        Amount, Meta(description="width of the face: logarithm, standard deviation"), Formerly("narrow")
    ] = 0.06
    degrade: DegradeSettings = DegradeSettings(blur=0.3, motion=0.15, noise=0.3, gamma=0.3, jpeg=0.3)
    samples: Samples = 400_000
    batch: Batch = 256
    optimiser: OptimiserName = "muon"
    learning_rate: LearningRate = 3e-3
    weight_decay: WeightDecay = 0.02
    workers: Workers = 1
    checkpoint_seconds: CheckpointSeconds = 60.0
