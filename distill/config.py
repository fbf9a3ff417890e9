"""What one distillation is made of. One YAML file says all of it, and the checkpoint keeps a copy."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from configs.fields import FilePath, ModelPath
from configs.read import ConfigurationError
from configs.read import read_settings as read_yaml_settings
from distill.errors import DistillError

Count = Annotated[int, Meta(ge=1)]
Whole = Annotated[int, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Amount = Annotated[float, Meta(ge=0)]
Pixels = Annotated[float, Meta(ge=4, le=512)]
Kind = TypeVar("Kind", bound=msgspec.Struct)


def read_settings(path: Path, kind: type[Kind], overrides: Iterable[str] = ()) -> Kind:
    """Read a configuration of this kind, each override (`key=value`) laid over it. Raises DistillError."""
    try:
        return read_yaml_settings(path, kind, overrides)
    except ConfigurationError as error:
        raise DistillError(str(error)) from None


class SourceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A folder or zip of faces. people: where the identity stands, if anywhere."""

    path: FilePath
    people: Literal["none", "folder", "name"] = "none"
    aligned: bool = True  # False: whole photographs, in which `faces.detector` finds the faces


class ExcludeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Test people must not be learnt from. similarity: teacher cosine above which a face counts as a test person's."""

    images: FilePath = ""
    similarity: Annotated[float, Meta(ge=-1, le=2)] = 0.5
    names: bool = True


class FacesSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sources: tuple[SourceSettings, ...]
    detector: ModelPath = ""
    limit: Whole = 0  # faces kept of each source, 0 for all
    exclude: ExcludeSettings = ExcludeSettings()


class TeacherSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ONNX recogniser; several make an ensemble of their concatenated unit vectors times `weight`.

    model: a file, or `pack:NAME` or `pack:/folder` for the recogniser of an insightface pack. licence: what the cards
    of its students say of it.
    """

    model: ModelPath
    chip_spec: FilePath = ""  # a YAML file with a chip_spec; empty: the model's own metadata
    weight: Annotated[float, Meta(gt=0)] = 1.0
    licence: str = "not stated"


class AdaptSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The adaptation head, teacher features to `dim`.

    start: `steady` and `pca` are fitted to faces; `random` is a random projection, which adapts nothing.
    damping: weight of what changes between a face and its view at `low_px` against isotropic noise; 0 and `whiten` 0
    give plain PCA. whiten: 0 keeps each direction's strength, 1 makes them equal. head: a saved head to take as it
    is, so that students go on in the space of those that ship; nothing is then fitted.
    """

    head: FilePath = ""

    dim: Count = 128
    start: Literal["random", "pca", "steady"] = "steady"
    damping: Amount = 0.3
    whiten: Share = 0.5
    low_px: Pixels = 16
    faces: Count = 6_000  # faces the start is computed from
    steps: Whole = 0  # training steps after it; 0 keeps the start
    batch: Count = 256
    learning_rate: Amount = 1e-4
    relational: Amount = 1.0
    classification: Amount = 0.1
    margin: Amount = 0.3
    scale: Amount = 32.0


class MixSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Function matching: what is done to a face before teacher and student both see it."""

    blend: Share = 0.7  # share of faces that are blends of two
    warp: Share = 0.8
    warp_px: Amount = 4.0  # standard deviation of the smooth displacement, in pixels of 112
    colour: Share = 0.5
    flip: Share = 0.5


class DegradeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What makes a sharp face a small one. Each figure is the share of views that get it, or its strongest value."""

    from_px: Pixels = 8
    to_px: Pixels = 24
    native: Share = 0.5  # share cut at exactly the student's size
    area: Share = 0.5  # share shrunk by area alone, as serving does with a sharp frame
    shift: Amount = 0.03  # standard deviations of misalignment, in shares of the chip's width
    scale: Amount = 0.03
    rotate: Amount = 2.0  # degrees
    blur: Share = 0.2
    motion: Share = 0.1
    noise: Share = 0.2
    gamma: Share = 0.3
    jpeg: Share = 0.2
    h264: Share = 0.0


class LabelSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A growing pool of teacher-labelled faces, kept in shards."""

    faces: Whole = 1_000_000  # synthetic ones, on top of every usable prepared face
    shard: Count = 2048
    low: bool = True  # whether faces get a low-view target; without one `sharp` must be 1
    low_px: Pixels = 16  # the face of the low-view target, in pixels of the chip's side
    sharp: Share = 0.25  # share of the synthetic shards that get the sharp-view target too
    master: Annotated[int, Meta(ge=32, le=112)] = 80  # side of the sharp view kept for the students, pixels
    mix: MixSettings = MixSettings()


class PoolSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Labelled faces beside the family's own, for comparisons (distill/label/pools.py).

    teachers: none for the family's. faces: so many of the prepared ones are all it knows. label.faces: how many are
    made of them.
    """

    faces: Count
    teachers: tuple[TeacherSettings, ...] = ()
    label: LabelSettings = LabelSettings(faces=0)


class LossSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Weights of the terms; 0 leaves one out. scale and margin are those of the terms that classify.

    others: targets of so many earlier faces that `instance` tells a face from, beside those of its batch. alike: a
    target this near to a face's own is not told from it.
    """

    regression: Amount = 1.0
    relational: Amount = 0.0
    instance: Amount = 0.0
    classification: Amount = 0.0
    centre: Amount = 0.0
    quality: Amount = 0.0
    margin: Amount = 0.0
    scale: Amount = 16.0
    others: Whole = 0
    alike: Annotated[float, Meta(ge=-1, le=2)] = 1.0


class StageSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """One line [channels, blocks, stride] of a student: a strided convolution and residual blocks at its grid."""

    channels: Count
    blocks: Whole = 0
    stride: Annotated[int, Meta(ge=1, le=2)] = 2


class StudentSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One student: its input size, its layers and how long it is trained.

    start_from: a .onnx of `export.folder` with the same layers, or a student whose layers of the same name and shape
    this one starts with; of several, each takes over what it has from those before it. low_target: share of faces
    whose target is the low view's, at the start and at the end; 0 at both trains only on faces with a sharp label.
    hold: share of the samples trained at full learning rate before it falls to nothing. mirror: export it so that it
    reads each face and its mirror image, for a point of accuracy and twice the time. kinds, faces: which labelled
    faces and how many of them, 0 for all. most: parameters it may have; what ships has 0.21 million. pool, adapt,
    seed: labelled faces, a head and a seed of its own, for comparisons; such a student lives in another space than the
    family.
    """

    size: Annotated[int, Meta(ge=16, le=128)]
    stages: tuple[StageSettings, ...] = (StageSettings(16, 0, 1), StageSettings(32, 1), StageSettings(56, 1))
    bottleneck: Count = 32
    start_from: str | tuple[str, ...] = ""
    degrade: DegradeSettings = DegradeSettings()
    mirror: bool = False
    kinds: tuple[Literal["real", "mixed"], ...] = ("real", "mixed")
    faces: Whole = 0
    most: Count = 215_000
    pool: str = ""
    adapt: AdaptSettings | None = None
    seed: Whole | None = None
    low_target: tuple[Share, Share] = (1.0, 1.0)
    samples: Count = 8_000_000
    batch: Count = 256
    optimiser: Literal["adamw", "muon"] = "adamw"
    precision: Literal["auto", "fp32", "bf16"] = "auto"  # of convolutions; auto: bf16 on GPUs
    learning_rate: Amount = 2e-3
    weight_decay: Amount = 0.02
    warmup: Whole = 50_000
    hold: Share = 0.6
    ema: Share = 0.999
    workers: Whole = 1
    save: Amount = 60.0  # seconds between checkpoints
    check: Count = 400_000  # samples between readings of the test
    loss: LossSettings = LossSettings()

    @property
    def origins(self) -> tuple[str, ...]:
        """What it starts from, in the order it is taken over; nothing for a start from chance."""
        named = (self.start_from,) if isinstance(self.start_from, str) else self.start_from
        return tuple(name for name in named if name)


class EvaluateSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """LFW View 2 as aligned 112-pixel chips with its list of pairs, and the sizes each side is read at."""

    images: FilePath = ""
    pairs: FilePath = ""
    sizes: tuple[Annotated[int, Meta(ge=4, le=112)], ...] = (112, 64, 32, 24, 20, 16, 12, 8)
    gallery: Count = 1000  # people enrolled for identification
    peers: tuple[TeacherSettings, ...] = ()


class ExportSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    folder: FilePath = "weights"
    name: str = "glimpse"
    lineage: str = ""
    calibration: Count = 1024  # crops the int8 ranges are measured on
    activations: Literal["u8", "s8"] = "u8"  # u8 is twice as fast on CPUs without VNNI, and as accurate
    loss: Amount = 0.3  # points of accuracy int8 may cost at 16 px


class LandmarkSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The small regressor that says where a small face's landmarks are (distill/landmarks/train.py).

    from_px, to_px: face heights. shift, scale: how far the detector's box is off, in shares of the height, standard
    deviations; turn: degrees; narrow: how much a face is narrower or wider, of the logarithm.
    """

    folder: FilePath = "landmarks"
    from_px: Pixels = 8
    to_px: Pixels = 40
    shift: Amount = 0.06
    scale: Amount = 0.1
    turn: Amount = 10.0
    narrow: Amount = 0.06
    degrade: DegradeSettings = DegradeSettings(blur=0.3, motion=0.15, noise=0.3, gamma=0.3, jpeg=0.3)
    samples: Count = 400_000
    batch: Count = 256
    optimiser: Literal["adamw", "muon"] = "muon"
    learning_rate: Amount = 3e-3
    weight_decay: Amount = 0.02
    workers: Whole = 1
    save: Amount = 60.0  # seconds between checkpoints


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole chain. Relative paths are read from the configuration file's folder."""

    work: FilePath
    faces: FacesSettings
    teachers: tuple[TeacherSettings, ...]
    students: dict[str, StudentSettings]
    seed: Whole = 1
    threads: Count = 1
    device: Literal["cpu", "cuda"] = "cpu"  # where teachers run; students take a GPU where torch finds one
    adapt: AdaptSettings = AdaptSettings()
    label: LabelSettings = LabelSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    export: ExportSettings = ExportSettings()
    landmarks: LandmarkSettings = LandmarkSettings()
    pools: dict[str, PoolSettings] = {}
