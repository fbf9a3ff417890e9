"""How the space of the students is fitted."""

from typing import Annotated, Literal

from msgspec import Meta

from configs.fields import FilePath, Formerly
from distill.config.fields import Amount, Count, LearningRate, Pixels, Section, Share, Whole


class AdaptSettings(Section, frozen=True):
    """The adaptation head, which projects teacher features to compact targets."""

    head: Annotated[
        FilePath, Meta(description="saved head to use, so that new students join its space; empty: fit a new one")
    ] = ""
    dim: Annotated[Count, Meta(description="length of a target vector")] = 128
    start: Annotated[
        Literal["random", "pca", "lda"],
        Meta(
            description="how the head is computed: lda (discriminant analysis with resolution as the nuisance), pca, "
            "or random (orthonormal directions, a baseline)"
        ),
    ] = "lda"
    noise_weight: Annotated[
        Amount,
        Meta(description="lda: weight of what changes when a face shrinks, against isotropic noise"),
        Formerly("damping"),
    ] = 0.3
    whiten: Annotated[
        Share, Meta(description="0 keeps the strength of each direction, 1 makes all directions equally strong")
    ] = 0.5
    low_px: Annotated[Pixels, Meta(description="side to which faces are shrunk for the head, pixels")] = 16
    faces: Annotated[Count, Meta(description="faces the head is computed from")] = 6_000
    steps: Annotated[Whole, Meta(description="training steps after the closed form; 0: none")] = 0
    batch: Annotated[Count, Meta(description="faces per training step")] = 256
    learning_rate: LearningRate = 1e-4
    relational: Annotated[Amount, Meta(description="weight of the loss that keeps cosines between faces")] = 1.0
    classification: Annotated[Amount, Meta(description="weight of the loss that separates named people")] = 0.1
    margin: Annotated[Amount, Meta(description="cosine margin of the classification loss")] = 0.3
    scale: Annotated[Amount, Meta(description="factor of cosines in the classification loss")] = 32.0
