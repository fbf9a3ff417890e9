"""What a student is, and how it learns."""

from typing import Annotated, Literal

from msgspec import Meta

from configs.fields import Formerly
from distill.config.adapt import AdaptSettings
from distill.config.fields import (
    Amount,
    AverageDecay,
    Batch,
    CheckpointSeconds,
    Cosine,
    Count,
    EvalEvery,
    FlatFraction,
    LearningRate,
    OptimiserName,
    Samples,
    Section,
    Share,
    WarmupSamples,
    WeightDecay,
    Whole,
    Workers,
)
from distill.config.views import DegradeSettings


class LossSettings(Section, frozen=True):
    """Weights of the loss terms (distill/losses/); 0 leaves a term out."""

    regression: Annotated[Amount, Meta(description="weight: 1 - cosine with the target")] = 1.0
    relational: Annotated[Amount, Meta(description="weight: cosines between faces as the teacher sees them")] = 0.0
    instance: Annotated[Amount, Meta(description="weight: tell a face's own target from those of other faces")] = 0.0
    classification: Annotated[Amount, Meta(description="weight: classify named people, learnt centres")] = 0.0
    centre: Annotated[Amount, Meta(description="weight: classify named people, the teacher's centres (AdaDistill)")] = (
        0.0
    )
    quality: Annotated[Amount, Meta(description="weight: the length of a feature predicts its cosine")] = 0.0
    margin: Annotated[Amount, Meta(description="margin of the classifying terms")] = 0.0
    scale: Annotated[Amount, Meta(description="factor of cosines in the classifying terms")] = 16.0
    queue_size: Annotated[
        Whole, Meta(description="instance: targets of earlier faces used as negatives"), Formerly("others")
    ] = 0
    same_person_cosine: Annotated[
        Cosine,
        Meta(description="instance: targets with a higher cosine to a face's own target are not negatives"),
        Formerly("alike"),
    ] = 1.0


class StageSettings(Section, frozen=True, array_like=True):
    """One stage of a student, written as a list: a strided convolution, then residual blocks at its grid."""

    channels: Annotated[Count, Meta(description="output channels")]
    blocks: Annotated[Whole, Meta(description="residual blocks")] = 0
    stride: Annotated[int, Meta(ge=1, le=2, description="stride of the convolution")] = 2


class StudentSettings(Section, frozen=True):
    """One student: its input, its layers and its training."""

    size: Annotated[int, Meta(ge=16, le=128, description="side of the input chip, pixels")]
    stages: Annotated[tuple[StageSettings, ...], Meta(description="the layers, each [channels, blocks, stride]")] = (
        StageSettings(16, 0, 1),
        StageSettings(32, 1),
        StageSettings(56, 1),
    )
    bottleneck: Annotated[Count, Meta(description="channels of the 1x1 convolution before the last layer")] = 32
    rank: Annotated[
        Whole, Meta(description="rank of the last layer, which is then stored as two factors; 0: one full matrix")
    ] = 0
    max_face_px: Annotated[
        Whole, Meta(description="greatest face height that serving sends to it; 0: an eighth above its own size")
    ] = 0
    start_from: Annotated[
        str | tuple[str, ...],
        Meta(
            description="where the weights start: a .onnx file of export.folder with the same layers, or a student or "
            "a checkpoint (.pt), whose layers of the same name and shape are copied; of several, later ones win"
        ),
    ] = ""
    history: Annotated[str, Meta(description="how the weights of start_from came about, as model cards state it")] = ""
    ridge_views: Annotated[
        Whole,
        Meta(description="at the start, fit the last layer to the targets by ridge regression on so many views; 0: no"),
    ] = 0
    degrade: DegradeSettings = DegradeSettings()
    flip_tta: Annotated[
        bool,
        Meta(
            description="export a network that also reads the mirror image: about a point more accurate, half as fast"
        ),
        Formerly("mirror"),
    ] = False
    sources: Annotated[
        tuple[Literal["real", "mixed"], ...], Meta(description="which labelled faces are used"), Formerly("kinds")
    ] = ("real", "mixed")
    faces: Annotated[Whole, Meta(description="how many labelled faces are used, in whole shards; 0: all")] = 0
    max_parameters: Annotated[
        Count, Meta(description="parameters the student may have; more is an error"), Formerly("most")
    ] = 215_000
    pool: Annotated[
        str, Meta(description="comparisons: pool to learn from; the student is then in a space of its own")
    ] = ""
    adapt: Annotated[
        AdaptSettings | None,
        Meta(description="comparisons: a head for this student alone, which is then in a space of its own"),
    ] = None
    seed: Annotated[Whole | None, Meta(description="seed of this student; null: the common one")] = None
    low_target_share: Annotated[
        tuple[Share, Share],
        Meta(
            description="share of faces that use their low target, at the start and at the end; [0, 0] uses only faces "
            "with a sharp target"
        ),
        Formerly("low_target"),
    ] = (1.0, 1.0)
    real_share: Annotated[
        Share | None, Meta(description="share of real faces in each batch; null: each labelled face is as likely")
    ] = None
    views: Annotated[
        Literal["device", "opencv"],
        Meta(
            description="what makes the views: torch on the device that trains, or OpenCV in `workers` processes; "
            "ridge_views uses OpenCV's"
        ),
    ] = "device"
    cuda_graph: Annotated[
        bool, Meta(description="replay the whole step as a CUDA graph, on one GPU with views: device")
    ] = True
    samples: Samples = 8_000_000
    batch: Batch = 256
    optimiser: OptimiserName = "adamw"
    precision: Annotated[
        Literal["auto", "fp32", "bf16"], Meta(description="of convolutions; auto: bf16 on GPUs, fp32 on CPUs")
    ] = "auto"
    learning_rate: LearningRate = 2e-3
    weight_decay: WeightDecay = 0.02
    warmup_samples: WarmupSamples = 50_000
    flat_fraction: FlatFraction = 0.6
    ema: AverageDecay = 0.999
    workers: Workers = 1
    checkpoint_seconds: CheckpointSeconds = 60.0
    eval_every: EvalEvery = 400_000
    loss: LossSettings = LossSettings()

    @property
    def starting_weights(self) -> tuple[str, ...]:
        """The entries of `start_from` in their order; none for random weights."""
        named = (self.start_from,) if isinstance(self.start_from, str) else self.start_from
        return tuple(name for name in named if name)
