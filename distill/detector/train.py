"""Trains the detector on randomly composed pictures, in the same loop as the students."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from distill.detector.compose import Composer
from distill.detector.config import DetectorSettings, TrainSettings
from distill.detector.dataset import TrainingPictures
from distill.detector.losses import detection_losses
from distill.detector.network import FaceNet
from distill.detector.plots import plot_learning
from distill.detector.training_data import load_training_data
from distill.detector.validation import Validation
from distill.errors import DistillError
from distill.progress import Log
from distill.training import loop
from distill.training.checkpoint import load_checkpoint
from distill.training.distributed import Process, process_group
from distill.training.from_onnx import load_onnx_weights

LOG_EVERY = 50  # steps
MAX_GRAD_NORM = 10.0
TYPICAL_PICTURES = 64  # on which an exported file gets its batch normalisation back


def train(settings: DetectorSettings, log: Log) -> None:
    """Train to the configured number of samples, from the checkpoint if there is one. Raises DistillError."""
    with process_group() as process:
        loop.train(DetectorTask(settings, log, process), make_recipe(settings, process.device), process)


def make_recipe(settings: DetectorSettings, device: torch.device) -> loop.Recipe:
    """The part of the settings that the loop reads."""
    options = settings.train
    return loop.Recipe(
        samples=options.samples,
        batch=options.batch,
        optimiser=options.optimiser,
        learning_rate=options.learning_rate,
        weight_decay=options.weight_decay,
        warmup_samples=options.warmup_samples,
        flat_fraction=options.flat_fraction,
        ema=options.ema,
        max_grad_norm=MAX_GRAD_NORM,
        use_bf16=device.type == "cuda",
        workers=options.workers,
        log_every=LOG_EVERY,
        eval_every=options.eval_every,
        checkpoint_seconds=options.checkpoint_seconds,
    )


class DetectorTask(loop.Task):
    """The network, its pictures, and its test on the validation slice."""

    title, unit = "train", "pictures"
    settings: DetectorSettings

    def __init__(self, settings: DetectorSettings, log: Log, process: Process) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.log, self.checkpoint = settings, log, checkpoint_path(settings)
        self.network = start_net(settings).to(memory_format=torch.channels_last).to(process.device)
        self.with_loss = NetworkWithLoss(self.network, settings.train)
        self.modules = {"net": self.network}
        self._rank, self._folder = process.rank, checkpoint_path(settings).parent
        self._validation = Validation(settings, self._folder)

    def batches(self, *, step: int, samples: int) -> TrainingPictures:
        """New and recent pictures; after a resume others than before."""
        return TrainingPictures(self.settings, rank=self._rank, step=step, hard_negatives=self._folder / "hard.json")

    def validate(self, network: nn.Module, *, step: int) -> dict[str, Any]:
        """Recall and landmark error on the validation slice."""
        assert isinstance(network, FaceNet)
        return self._validation.read(network, seed=step)

    def plot(self) -> None:
        """Draw `curves.png` beside the checkpoint."""
        plot_learning(Path(self.settings.work) / "log.jsonl", self._folder / "curves.png")


class NetworkWithLoss(nn.Module):
    """Network and losses as one module with one forward, as DDP requires."""

    def __init__(self, net: FaceNet, options: TrainSettings) -> None:
        super().__init__()
        self.net, self._options = net, options

    def forward(self, images: Tensor, boxes: Tensor, points: Tensor, ignore: Tensor) -> dict[str, Tensor]:
        """Map a batch (distill/detector/dataset.py) to the three terms and their weighted sum, `loss`."""
        inputs = (images.float() / 255).contiguous(memory_format=torch.channels_last)
        levels = [level.float() for level in self.net(inputs)]
        with torch.autocast(images.device.type, enabled=False):
            terms = detection_losses(levels, boxes, points, ignore)
            box, landmarks = self._options.box_weight, self._options.landmark_weight
            loss = terms["score"] + box * terms["box"] + landmarks * terms["points"]
        return {**terms, "loss": loss}


def checkpoint_path(settings: DetectorSettings) -> Path:
    """The file from which training resumes."""
    return Path(settings.work) / "training" / "checkpoint.pt"


def net_of(settings: DetectorSettings) -> FaceNet:
    """The untrained network that a configuration asks for."""
    return FaceNet(settings.train.stem, settings.train.width, settings.train.deep_width)


def start_net(settings: DetectorSettings) -> FaceNet:
    """The network that training begins with. Raises DistillError where `start_from` has other layers."""
    net = net_of(settings)
    if settings.train.start_from:
        path = Path(settings.train.start_from)
        if not path.is_file():
            raise DistillError(f"train.start_from: expected an ONNX file, found none at {path.name}")
        load_onnx_weights(net, path, typical_pictures(settings, TYPICAL_PICTURES))
    return net


def typical_pictures(settings: DetectorSettings, count: int) -> Tensor:
    """Training pictures as the network sees them: float32 (count,3,S,S) in 0..1."""
    composer = Composer(load_training_data(settings), settings.pictures, np.random.default_rng(settings.seed))
    pictures = np.stack([composer.compose().image for _ in range(count)])
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255


def trained_net(settings: DetectorSettings) -> tuple[FaceNet, dict[str, Any]]:
    """The EMA network and the checkpoint that holds it. Raises DistillError if there is none."""
    found = load_checkpoint(checkpoint_path(settings))
    if found is None:
        raise DistillError("training: no checkpoint; run the stage train first")
    net = net_of(settings)
    net.load_state_dict(found["average"])
    return net.eval(), found
