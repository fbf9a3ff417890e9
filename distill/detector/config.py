"""What making the detector takes. One YAML file says all of it, and the checkpoint keeps a copy."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from configs.fields import FilePath, ModelPath
from distill.config import Amount, Count, Pixels, Share, Whole


class SceneSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A zip or folder of photographs. boxes: name of the JSON file in it with boxes drawn by people, {name: [[x1, y1,
    x2, y2, …], …]}; empty: none are drawn. empty: whether no photograph of it shows a face."""

    path: FilePath
    boxes: str = ""
    empty: bool = False


class FaceSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A zip or folder of 112-pixel faces, aligned to ArcFace's template; `limit` of them are used, 0 for all."""

    path: FilePath
    limit: Whole = 2500


class LabelSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Teachers of two formats that must agree; their licences must allow it. long_side: what they search."""

    yunet: ModelPath
    retinaface: ModelPath
    long_side: Count = 1280
    sure: Share = 0.5  # score from which a face both see is one
    maybe: Share = 0.3  # score from which a box of either is left out of the losses


class ViewSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a training picture is made of. Each Share is the share of pictures, or of faces, that get it."""

    side: Annotated[int, Meta(ge=64, le=640, multiple_of=32)] = 128
    from_px: Pixels = 7
    to_px: Pixels = 88
    small: Amount = 1.1  # how strongly small faces are preferred: heights are spread as their power -small
    empty: Share = 0.2  # pictures of scenes without faces, half of them with faces pasted in
    paste: Share = 0.35  # pictures of photographs that get faces pasted between theirs
    swap: Share = 0.4  # faces of photographs that get another one's eyes, nose and mouth
    turn: Share = 0.25
    light: Share = 0.5  # gamma, gain and tint; a few of them at night or against the light
    soft: Share = 0.35  # shrunk and enlarged again: footage is softer than its pixels
    blur: Share = 0.25
    motion: Share = 0.15
    noise: Share = 0.3
    jpeg: Share = 0.25
    h264: Share = 0.25  # of batches: an encoder codes a batch as one frame
    replay: Share = 0.5  # of a batch drawn from recent pictures, mirrored: drawing costs as much as learning


class TrainSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The network and how long it learns. samples: training pictures seen by all processes together."""

    stem: tuple[Count, Count] = (16, 24)
    width: Count = 48
    deep: Count = 48
    samples: Count = 300_000
    batch: Count = 16
    optimiser: Literal["adamw", "muon"] = "muon"
    learning_rate: Amount = 3e-3
    weight_decay: Amount = 0.01
    warmup: Whole = 4_000
    hold: Share = 0.6
    ema: Share = 0.998
    workers: Whole = 1
    save: Amount = 60.0  # seconds between checkpoints
    check: Count = 40_000  # samples between readings of the validation slice
    box: Amount = 2.0  # weights of the terms against the score's
    points: Amount = 4.0


class EvaluateSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Detectors measured beside ours: ONNX files in a known format. They are never learnt from here."""

    peers: tuple[ModelPath, ...] = ()
    rounds: Count = 15


class DetectorSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole chain. Relative paths are read from the configuration file's folder."""

    work: FilePath
    scenes: tuple[SceneSource, ...]
    faces: tuple[FaceSource, ...]
    label: LabelSettings
    seed: Whole = 1
    threads: Count = 1
    views: ViewSettings = ViewSettings()
    train: TrainSettings = TrainSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    export: FilePath = "weights/glimpse_face.onnx"
