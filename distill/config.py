"""Every setting of a distillation: its type, default and meaning. The YAML, its schema and its page come from here."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from configs.fields import FilePath, Formerly, ModelPath
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


class SourceSettings(Section, frozen=True):
    """One source of faces."""

    path: Annotated[FilePath, Meta(description="folder or zip of images")]
    people: Annotated[
        Literal["none", "folder", "name"],
        Meta(description="where a person's name stands: nowhere, in the folder's name or in the file's name"),
    ] = "none"
    aligned: Annotated[
        bool, Meta(description="true: aligned faces; false: whole photographs, in which faces.detector finds the faces")
    ] = True


class ExcludeSettings(Section, frozen=True):
    """Which faces are kept out of training because they may show a person of the test."""

    images: Annotated[FilePath, Meta(description="faces of the test, folder or zip; empty: exclude nobody")] = ""
    similarity: Annotated[Cosine, Meta(description="exclude faces whose teacher cosine with a test face is higher")] = (
        0.5
    )
    by_name: Annotated[
        bool, Meta(description="exclude faces that carry the name of a test person"), Formerly("names")
    ] = True


class FacesSettings(Section, frozen=True):
    """Which faces are prepared."""

    sources: Annotated[tuple[SourceSettings, ...], Meta(description="where the faces come from")]
    detector: Annotated[
        ModelPath, Meta(description="ONNX file or pack:NAME that finds the faces in sources with aligned: false")
    ] = ""
    limit: Annotated[Whole, Meta(description="faces kept of each source; 0: all")] = 0
    exclude: ExcludeSettings = ExcludeSettings()


class TeacherSettings(Section, frozen=True):
    """One recogniser to learn from. Several form an ensemble: their weighted unit vectors are concatenated."""

    model: Annotated[
        ModelPath, Meta(description="ONNX file, or pack:NAME or pack:/folder for the recogniser of an insightface pack")
    ]
    chip_spec: Annotated[
        FilePath, Meta(description="YAML file with the model's preprocessing; empty: the model's own metadata")
    ] = ""
    weight: Annotated[float, Meta(gt=0, description="factor of this teacher's unit vectors in an ensemble")] = 1.0
    licence: Annotated[str, Meta(description="the teacher's licence, as model cards state it")] = "not stated"


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


class MixSettings(Section, frozen=True):
    """Function matching: what happens to a face before teacher and student both see it."""

    blend: Annotated[Share, Meta(description="share of faces that are blended with another face")] = 0.7
    warp: Annotated[Share, Meta(description="share of faces that are warped")] = 0.8
    warp_px: Annotated[
        Amount, Meta(description="standard deviation of the smooth displacement, pixels of a 112-pixel chip")
    ] = 4.0
    colour: Annotated[Share, Meta(description="share of faces that are recoloured")] = 0.5
    flip: Annotated[Share, Meta(description="share of faces that are mirrored")] = 0.5
    turn: Annotated[Share, Meta(description="share of faces that are turned in depth (distill/data/turn.py)")] = 0.0
    turn_yaw_degrees: Annotated[
        float, Meta(ge=0, le=75, description="turn: greatest turn to the left or right, degrees")
    ] = 60.0
    turn_pitch_degrees: Annotated[float, Meta(ge=0, le=45, description="turn: greatest turn up or down, degrees")] = (
        25.0
    )


class DegradeSettings(Section, frozen=True):
    """How a sharp face becomes a small view of it."""

    from_px: FromPixels = 8
    to_px: ToPixels = 24
    native_size: Annotated[
        Share,
        Meta(description="share of degraded views drawn at exactly the student's input size"),
        Formerly("native"),
    ] = 0.5
    area_only: Annotated[
        Share,
        Meta(description="share of views that are only resized by area, as serving does with a sharp frame"),
        Formerly("area"),
    ] = 0.5
    shift: Annotated[Amount, Meta(description="misalignment: shift, standard deviation, share of the chip's side")] = (
        0.03
    )
    scale: Annotated[Amount, Meta(description="misalignment: logarithm of the scale, standard deviation")] = 0.03
    rotate_degrees: Annotated[
        Amount, Meta(description="misalignment: rotation, standard deviation, degrees"), Formerly("rotate")
    ] = 2.0
    blur: Annotated[Share, Meta(description="share of views with defocus")] = 0.2
    motion: Annotated[Share, Meta(description="share of views with motion blur")] = 0.1
    noise: Annotated[Share, Meta(description="share of views with sensor noise")] = 0.2
    gamma: Annotated[Share, Meta(description="share of views with another gamma")] = 0.3
    jpeg: Annotated[Share, Meta(description="share of views compressed as JPEG")] = 0.2
    h264: Annotated[
        Share,
        Meta(
            description="share of views that went through a real H.264 encoder; where OpenCV makes the views, share of "
            "batches compressed as one frame"
        ),
    ] = 0.0
    h264_views: Annotated[Count, Meta(description="compressed views that are stored, to draw that share from")] = 16_384
    enlarged: Annotated[
        Share,
        Meta(
            description="share of views that are shrunk by area to fewer pixels than the input has, and enlarged by "
            "cubic interpolation"
        ),
    ] = 0.0
    enlarged_from_px: Annotated[Pixels, Meta(description="enlarged: lowest face height, pixels")] = 8
    enlarged_to_px: Annotated[Pixels, Meta(description="enlarged: greatest face height, pixels")] = 16
    light: Annotated[Share, Meta(description="share of views with another contrast and brightness")] = 0.0
    grey: Annotated[Share, Meta(description="share of views without colour")] = 0.0
    detector_alignment: Annotated[
        Share,
        Meta(
            description="share of views misaligned as the embedded detector misaligns them, by measured errors "
            "(distill/data/detector_errors.py) instead of `shift`, `scale` and `rotate_degrees`"
        ),
    ] = 0.0
    footage: Annotated[
        Share,
        Meta(description="share of views that look like video: lens blur, noise, H.264 (distill/data/footage.py)"),
    ] = 0.0
    infrared: Annotated[
        Share, Meta(description="share of views that look like near infrared (distill/data/infrared.py)")
    ] = 0.0


class LabelSettings(Section, frozen=True):
    """Faces with teacher features, kept in shards. Every usable prepared face is labelled."""

    synthetic_faces: Annotated[
        Whole, Meta(description="mixed faces to label in addition to the prepared ones"), Formerly("faces")
    ] = 1_000_000
    shard_faces: Annotated[Count, Meta(description="faces per shard"), Formerly("shard")] = 2048
    low_targets: Annotated[
        bool,
        Meta(description="label each face at low_px too; without it sharp_target_share must be 1"),
        Formerly("low"),
    ] = True
    low_px: Annotated[Pixels, Meta(description="side of the face behind a low target, pixels")] = 16
    sharp_target_share: Annotated[
        Share, Meta(description="share of the shards of mixed faces with sharp targets"), Formerly("sharp")
    ] = 0.25
    stored_px: Annotated[
        int,
        Meta(ge=32, le=112, description="side at which sharp faces are stored for students, pixels"),
        Formerly("master"),
    ] = 80
    mix: MixSettings = MixSettings()


class PoolSettings(Section, frozen=True):
    """Other labelled faces, for comparisons (distill/label/pools.py)."""

    faces: Annotated[Count, Meta(description="prepared faces copied into the pool, at random")]
    teachers: Annotated[tuple[TeacherSettings, ...], Meta(description="teachers of the pool; empty: as above")] = ()
    label: LabelSettings = LabelSettings(synthetic_faces=0)


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
    hard_negatives: Annotated[
        Whole,
        Meta(
            description="instance: how many queued targets, the nearest to a face's own target, are its negatives; "
            "0: all of them"
        ),
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


class EvaluateSettings(Section, frozen=True):
    """The test: LFW View 2 as aligned 112-pixel chips."""

    images: Annotated[FilePath, Meta(description="folder or zip of chips, Name/Name_0001.jpg; empty: no test")] = ""
    pairs: Annotated[FilePath, Meta(description="list of pairs in LFW's format")] = ""
    sizes: Annotated[
        tuple[Annotated[int, Meta(ge=4, le=112)], ...], Meta(description="face sizes to test at, pixels")
    ] = (112, 64, 32, 24, 20, 16, 12, 8)
    gallery_people: Annotated[
        Count, Meta(description="people enrolled in the identification test"), Formerly("gallery")
    ] = 1000
    peers: Annotated[tuple[TeacherSettings, ...], Meta(description="other recognisers to test beside ours")] = ()


class ExportSettings(Section, frozen=True):
    """The files that are made of trained students."""

    folder: Annotated[FilePath, Meta(description="where models, cards and the head are written")] = "weights"
    name: Annotated[str, Meta(description="first part of file names and model ids")] = "glimpse"
    lineage: Annotated[
        str, Meta(description="name of the embedding space in the models' metadata; empty: from the head")
    ] = ""
    int8_calibration_faces: Annotated[
        Count, Meta(description="faces that the int8 ranges are measured on"), Formerly("calibration")
    ] = 2048
    int8_activations: Annotated[
        Literal["u8", "s8"],
        Meta(description="unsigned or signed; unsigned is twice as fast on CPUs without VNNI, and as accurate"),
        Formerly("activations"),
    ] = "u8"
    max_int8_drop: Annotated[
        Amount,
        Meta(description="accuracy that int8 may lose against fp32, percentage points; more is an error"),
        Formerly("loss"),
    ] = 0.2
    max_int8_strict_drop: Annotated[
        Amount, Meta(description="strict rate that int8 may lose against fp32, percentage points; more is an error")
    ] = 1.0


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


class Settings(Section, frozen=True):
    """The whole chain. Relative paths start at the folder of the configuration file."""

    work: Annotated[FilePath, Meta(description="folder for everything made on the way")]
    faces: FacesSettings
    teachers: Annotated[tuple[TeacherSettings, ...], Meta(description="recognisers to learn from")]
    students: Annotated[dict[str, StudentSettings], Meta(description="the students, by name")]
    seed: Annotated[Whole, Meta(description="seed of all random choices")] = 1
    threads: Annotated[Count, Meta(description="threads of torch and of each teacher")] = 1
    device: Annotated[
        Literal["cpu", "cuda"], Meta(description="where teachers run; students use a GPU where torch finds one")
    ] = "cpu"
    teacher_engine: Annotated[
        Literal["auto", "onnxruntime", "torch"],
        Meta(description="what runs the teachers; torch also mixes faces on the device; auto: torch for device: cuda"),
    ] = "auto"
    adapt: AdaptSettings = AdaptSettings()
    label: LabelSettings = LabelSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    export: ExportSettings = ExportSettings()
    landmarks: LandmarkSettings = LandmarkSettings()
    pools: Annotated[dict[str, PoolSettings], Meta(description="other labelled faces, by name, for comparisons")] = {}
