"""Every setting of the detector's training: its type, default and meaning."""

from typing import Annotated

from msgspec import Meta

from configs.fields import FilePath, Formerly, ModelPath
from distill.config.fields import (
    Amount,
    AverageDecay,
    Batch,
    CheckpointSeconds,
    Count,
    EvalEvery,
    FlatFraction,
    FromPixels,
    LearningRate,
    OptimiserName,
    Samples,
    Section,
    Share,
    ToPixels,
    WarmupSamples,
    WeightDecay,
    Whole,
    Workers,
)


class SceneSource(Section, frozen=True):
    """One source of photographs."""

    path: Annotated[FilePath, Meta(description="folder or zip of photographs")]
    boxes: Annotated[
        str,
        Meta(description="JSON file in it with hand-drawn boxes, {name: [[x1, y1, x2, y2, ...], ...]}; empty: none"),
    ] = ""
    without_faces: Annotated[
        bool, Meta(description="true: no photograph of this source shows a face"), Formerly("empty")
    ] = False
    label: Annotated[
        bool,
        Meta(
            description="false: the two detectors are not asked; only hand-drawn boxes count, and the rest is no face"
        ),
    ] = True
    long_side: Annotated[
        Whole, Meta(description="longer side at which its photographs are searched, pixels; 0: that of `label`")
    ] = 0


class FaceSource(Section, frozen=True):
    """One source of aligned 112-pixel faces (ArcFace's template), which are pasted into pictures."""

    path: Annotated[FilePath, Meta(description="folder or zip of aligned faces")]
    limit: Annotated[Whole, Meta(description="faces used; 0: all")] = 2500


class LabelSettings(Section, frozen=True):
    """The two detectors that label photographs; their licences must permit learning from them."""

    yunet: Annotated[ModelPath, Meta(description="ONNX file in YuNet's format")]
    retinaface: Annotated[ModelPath, Meta(description="ONNX file in RetinaFace's format")]
    long_side: Annotated[Count, Meta(description="longer side at which photographs are searched, pixels")] = 1280
    face_score: Annotated[
        Share, Meta(description="a box that both detectors find with this score is a face"), Formerly("sure")
    ] = 0.5
    ignore_score: Annotated[
        Share,
        Meta(description="a box that one detector finds with this score is left out of the losses"),
        Formerly("maybe"),
    ] = 0.3


class PictureSettings(Section, frozen=True):
    """How training pictures are composed and degraded. Shares are of pictures where nothing else is said."""

    side: Annotated[int, Meta(ge=64, le=640, multiple_of=32, description="side of a training picture, pixels")] = 128
    from_px: FromPixels = 7
    to_px: ToPixels = 88
    small_bias: Annotated[
        Amount,
        Meta(description="preference for small faces: the density of heights falls as height to the power -small_bias"),
        Formerly("small"),
    ] = 1.1
    without_faces: Annotated[
        Share,
        Meta(description="share made from photographs without faces; half of these get faces pasted in"),
        Formerly("empty"),
    ] = 0.2
    too_large: Annotated[
        Share,
        Meta(
            description="share filled by a part of a near person, of whom hair, clothes and halves of a face are none"
        ),
    ] = 0.15
    paste_faces: Annotated[
        Share, Meta(description="share of the other pictures that get faces pasted in"), Formerly("paste")
    ] = 0.35
    swap_faces: Annotated[
        Share, Meta(description="share of faces that get another person's eyes, nose and mouth"), Formerly("swap")
    ] = 0.4
    light: Annotated[Share, Meta(description="share with another gamma, gain and tint; some at night or backlit")] = 0.5
    downscale: Annotated[
        Share, Meta(description="share that is shrunk and enlarged again, as soft as footage"), Formerly("soft")
    ] = 0.35
    blur: Annotated[Share, Meta(description="share with defocus")] = 0.25
    motion: Annotated[Share, Meta(description="share with motion blur")] = 0.15
    noise: Annotated[Share, Meta(description="share with sensor noise")] = 0.3
    jpeg: Annotated[Share, Meta(description="share compressed as JPEG")] = 0.25
    h264: Annotated[Share, Meta(description="share of batches compressed as one H.264 frame")] = 0.25
    replay: Annotated[Share, Meta(description="share of a batch that is a recent picture, mirrored")] = 0.5
    infrared: Annotated[Share, Meta(description="share that looks like near infrared (distill/data/infrared.py)")] = (
        0.08
    )


class TrainSettings(Section, frozen=True):
    """The network and its training."""

    stem: Annotated[tuple[Count, Count], Meta(description="channels of the first two convolutions")] = (16, 24)
    width: Annotated[Count, Meta(description="channels at stride 8 and of the heads")] = 48
    deep_width: Annotated[Count, Meta(description="channels at stride 16"), Formerly("deep")] = 48
    samples: Samples = 300_000
    batch: Batch = 16
    optimiser: OptimiserName = "muon"
    learning_rate: LearningRate = 3e-3
    weight_decay: WeightDecay = 0.01
    warmup_samples: WarmupSamples = 4_000
    flat_fraction: FlatFraction = 0.6
    ema: AverageDecay = 0.998
    workers: Workers = 1
    checkpoint_seconds: CheckpointSeconds = 60.0
    eval_every: EvalEvery = 40_000
    box_weight: Annotated[
        Amount, Meta(description="weight of the box loss; the score loss has weight 1"), Formerly("box")
    ] = 2.0
    landmark_weight: Annotated[Amount, Meta(description="weight of the landmark loss"), Formerly("points")] = 4.0
    start_from: Annotated[
        FilePath, Meta(description="exported detector whose weights training starts from; empty: random ones")
    ] = ""


class EvaluateSettings(Section, frozen=True):
    """The test on held-out photographs."""

    peers: Annotated[tuple[ModelPath, ...], Meta(description="other detectors to test, YuNet or SCRFD format")] = ()
    timing_rounds: Annotated[
        Count, Meta(description="timed calls per detector; the median counts"), Formerly("rounds")
    ] = 15


class DetectorSettings(Section, frozen=True):
    """The whole chain. Relative paths start at the folder of the configuration file."""

    work: Annotated[FilePath, Meta(description="folder for everything made on the way")]
    scenes: Annotated[tuple[SceneSource, ...], Meta(description="photographs with and without faces")]
    faces: Annotated[tuple[FaceSource, ...], Meta(description="aligned faces to paste")]
    label: LabelSettings
    seed: Annotated[Whole, Meta(description="seed of all random choices")] = 1
    threads: Annotated[Count, Meta(description="threads of torch and of each detector")] = 1
    pictures: Annotated[PictureSettings, Formerly("views")] = PictureSettings()
    train: TrainSettings = TrainSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    export: Annotated[FilePath, Meta(description="the ONNX file to write; its card goes beside it")] = (
        "weights/glimpse_face.onnx"
    )
    int8: Annotated[
        bool, Meta(description="true: that file has int8 convolutions, and NAME_fp32.onnx beside it has none")
    ] = True
