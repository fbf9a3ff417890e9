"""`python -m distill landmarks CONFIG`: trains and exports the regressor for the landmarks of small faces.

The regressor is a student with ten outputs, trained by the same loop.
"""

import json
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from detectors.arrays import Image
from distill.config import LandmarkSettings, Settings
from distill.data.prepare import load_usable_rows
from distill.data.store import face_rows, write_atomic
from distill.export.card import describe_data
from distill.export.model_card import ModelCard, environment_text
from distill.export.onnx_file import check_against_torch, export_onnx, set_metadata
from distill.landmarks.views import CROP_HEIGHTS, CROP_RAISE, SIDE_PX, LandmarkViews
from distill.progress import Log
from distill.training.checkpoint import environment
from distill.training.dataset import normalise_pixels
from distill.training.distributed import Process
from distill.training.loop import Recipe, Task, train
from distill.training.student import Shape, Stage, Student, count_parameters
from distill.work_folder import WorkFolder

REGRESSOR_SHAPE = Shape(SIDE_PX, (Stage(16), Stage(32, 1), Stage(48)), bottleneck=16, dim=10)
METADATA = "landmark_regressor"
FILE_NAME = "glimpse_landmarks.onnx"
VALIDATION_EVERY = 10  # one of so many usable faces is kept for validation
VALIDATION_BATCHES = 20
TOLERANCE = 1e-4  # of a point, in 0..1 of the crop, between torch and ONNX Runtime
WARMUP_SAMPLES = 20_000


def train_landmarks(settings: Settings) -> None:
    """Train to the configured number of samples, from the checkpoint if there is one; then export.

    Raises DistillError.
    """
    task = LandmarkTask(settings)
    one_cpu = Process(0, 1, torch.device("cpu"))
    training = train(task, make_recipe(settings.landmarks), one_cpu)
    text = make_card(settings, training.metrics["error"], training.samples)
    assert isinstance(training.ema, Student)
    folder = Path(settings.landmarks.folder)
    write_atomic(folder / FILE_NAME, to_onnx(training.ema))
    write_atomic((folder / FILE_NAME).with_suffix(".md"), text.encode())


def make_recipe(options: LandmarkSettings) -> Recipe:
    """The part of the settings that the loop reads."""
    return Recipe(
        samples=options.samples,
        batch=options.batch,
        optimiser=options.optimiser,
        learning_rate=options.learning_rate,
        weight_decay=options.weight_decay,
        warmup_samples=WARMUP_SAMPLES,
        flat_fraction=0.5,
        ema=0.999,
        ema_first_step=0,
        workers=options.workers,
        eval_every=options.samples,
        checkpoint_seconds=options.checkpoint_seconds,
    )


class LandmarkTask(Task):
    """The regressor and its views of the usable faces."""

    title = "landmarks"
    settings: Settings

    def __init__(self, settings: Settings) -> None:
        torch.manual_seed(settings.seed)
        torch.set_num_threads(settings.threads)
        work = WorkFolder(Path(settings.work))
        self.settings = settings
        self.checkpoint = work.landmarks_checkpoint
        self.log = Log(work.landmarks_log)
        self.network = Student(REGRESSOR_SHAPE)
        self.network.to(memory_format=torch.channels_last)
        self.with_loss = RegressorWithLoss(self.network)
        self.modules = {"net": self.network}
        self._options = settings.landmarks
        self._faces: Image = face_rows(work).array()
        self._rows = load_usable_rows(work)

    def batches(self, *, step: int, samples: int) -> LandmarkViews:
        """Views of the faces that are not kept for validation."""
        rows = self._rows[np.arange(len(self._rows)) % VALIDATION_EVERY != 0]
        return LandmarkViews(self._faces, rows, self._options, seed=self.settings.seed, step=step)

    @torch.no_grad()
    def validate(self, network: nn.Module, *, step: int) -> dict[str, Any]:
        """The mean error on the other faces, in eye distances."""
        rows = self._rows[::VALIDATION_EVERY]
        views = LandmarkViews(self._faces, rows, self._options, seed=self.settings.seed + 1, step=0)
        with_loss = RegressorWithLoss(network)
        errors = [float(with_loss(*batch)["loss"]) for batch in islice(views, VALIDATION_BATCHES)]
        return {"error": round(float(np.mean(errors)), 4), "parameters": count_parameters(network)}


class RegressorWithLoss(nn.Module):
    """The regressor and its mean landmark error as one module."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, crops: Tensor, points: Tensor) -> dict[str, Tensor]:
        """Map crops uint8 (N,3,S,S) and true points (N,10) in 0..1 of the crop to the mean error, `loss`."""
        inputs = normalise_pixels(crops).contiguous(memory_format=torch.channels_last)
        return {"loss": landmark_error(self.network(inputs), points).mean()}


def landmark_error(found: Tensor, points: Tensor) -> Tensor:
    """Mean distance (N,) of five points from the true ones, in true eye distances. Both (N,10)."""
    offsets, true = (found - points).reshape(-1, 5, 2), points.reshape(-1, 5, 2)
    eye_distance = (true[:, 0] - true[:, 1]).norm(dim=1).clamp_min(0.05)
    error: Tensor = (offsets.square().sum(dim=2) + 1e-6).sqrt().mean(dim=1) / eye_distance
    return error


def to_onnx(network: Student) -> bytes:
    """Export as ONNX, fp32, free batch size: `crops` (n,3,S,S) RGB in -1..1 to `points` (n,10) in 0..1 of the crop.

    Raises DistillError if torch and ONNX Runtime disagree.
    """
    crops = torch.randn(5, 3, SIDE_PX, SIDE_PX, generator=torch.Generator().manual_seed(0))
    free = {"crops": {0: "n"}, "points": {0: "n"}}
    model = export_onnx(network, torch.zeros_like(crops[:1]), names=("crops", ["points"]), free_axes=free)
    geometry = {"side": SIDE_PX, "reach": CROP_HEIGHTS, "raise": CROP_RAISE}
    model = set_metadata(model, METADATA, json.dumps(geometry))
    check_against_torch(network, model, crops.numpy(), tolerance=TOLERANCE)
    return model


def make_card(settings: Settings, error: float, samples: int) -> str:
    """The model card, Markdown. error: the validation's, in eye distances. Raises DistillError."""
    options = settings.landmarks
    return ModelCard(
        title="glimpse_landmarks",
        summary=(
            "Finds five landmarks of a face in the detector's box, at every size: it sees a larger face averaged down."
            " The recogniser's chips are aligned by them (docs/training/results.md shows the effect on recognition)."
        ),
        measured=(
            f"Mean distance from the true points: {error:.1%} of the eye distance. The faces were not used in training;"
            f" they are {options.from_px:g} to {options.to_px:g} px high, rotated and degraded, and their boxes have"
            f" random errors of {options.box_shift:.0%} in position and {options.box_scale:.0%} in size."
            f" {count_parameters(Student(REGRESSOR_SHAPE)):,} parameters, fp32."
        ),
        made_with=(
            f"`python -m distill landmarks configs/distill.yaml`, seed {settings.seed}, {samples:,} views."
            f" Environment: {environment_text(environment())}."
        ),
        data=describe_data(settings) + " The targets are the points of the template to which each face was aligned"
        " (by YuNet-n's landmarks, MIT); no other network taught it.",
        known_failures=(
            "Profiles and faces seen from far above: the training faces look at the camera. A box without a face gets"
            " landmarks too."
        ),
        licence=(
            "Apache-2.0 for the file. Most of the training pictures state no licence or allow research only; this"
            " origin stays with the file."
        ),
    ).markdown()
