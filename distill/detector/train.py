"""The detector learns from ever new small pictures. Read it top to bottom.

The surprising decision: what is judged and shipped is the running average of the weights, as for the recogniser, and
it is judged on sheets of photographs as the test is, from a validation slice that neither learns nor tests.
"""

import copy
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from distill.detector.config import DetectorSettings
from distill.detector.dataset import Batch, Batches
from distill.detector.losses import losses
from distill.detector.network import FaceNet
from distill.detector.plots import draw_learning
from distill.detector.validation import Check
from distill.errors import DistillError
from distill.progress import Log, Progress
from distill.training.checkpoint import environment, load_checkpoint, plain_settings, save_checkpoint
from distill.training.distributed import Process, process_group
from distill.training.ema import follow
from distill.training.learning_rate import learning_rate
from distill.training.optimiser import Optimiser

LOG_EVERY = 50  # steps


def train(settings: DetectorSettings, log: Log) -> None:
    """Train to the configured number of samples, going on from the checkpoint. Raises DistillError."""
    with process_group() as process:
        _Training(settings, process, log).run()


def checkpoint_path(settings: DetectorSettings) -> Path:
    """The file from which training goes on."""
    return Path(settings.work) / "training" / "checkpoint.pt"


def net_of(settings: DetectorSettings) -> FaceNet:
    """The untrained network a configuration asks for."""
    return FaceNet(settings.train.stem, settings.train.width, settings.train.deep_width)


class Lesson(nn.Module):
    """Network and losses as one module, so that DDP sees one forward."""

    def __init__(self, net: FaceNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, images: Tensor, boxes: Tensor, points: Tensor, ignore: Tensor) -> dict[str, Tensor]:
        """A batch (distill/detector/dataset.py) to the three terms."""
        inputs = (images.float() / 255).contiguous(memory_format=torch.channels_last)
        levels = [level.float() for level in self.net(inputs)]
        with torch.autocast(images.device.type, enabled=False):
            return losses(levels, boxes, points, ignore)


@dataclass
class _Training:
    settings: DetectorSettings
    ranks: Process
    log: Log
    step: int = 0
    samples: int = 0  # pictures seen by all processes together, and by those of runs before
    rate: float = 0.0
    sums: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.mine = self.settings.train
        torch.manual_seed(self.settings.seed)
        self.net = net_of(self.settings).to(memory_format=torch.channels_last).to(self.ranks.device)
        self.average = copy.deepcopy(self.net).eval().requires_grad_(False)
        self.optimiser = Optimiser(self.net, nn.Module(), self.mine)
        self._go_on()
        self.wrapped = self.ranks.wrap(Lesson(self.net))
        self.folder = checkpoint_path(self.settings).parent
        self.check = Check(self.settings, self.folder)

    def _go_on(self) -> None:
        found = load_checkpoint(checkpoint_path(self.settings))
        if found is None:
            return
        self.net.load_state_dict(found["net"])
        self.average.load_state_dict(found["average"])
        if found["optimiser"]["name"] == self.mine.optimiser:  # another one begins without a past
            self.optimiser.load_state_dict(found["optimiser"]["state"])
        self.step, self.samples = int(found["step"]), int(found["samples"])

    def run(self) -> None:
        batches = iter(self._loader())
        saved, began, first, checked = (
            time.monotonic(),
            time.monotonic(),
            self.samples,
            self.samples // self.mine.eval_every,
        )
        with Progress(
            "train", unit="pictures", total=self.mine.samples, done=self.samples, shown=self.ranks.is_first
        ) as progress:
            while self.samples < self.mine.samples:
                self._step(next(batches))
                if not self.ranks.is_first:
                    continue
                if self.step % LOG_EVERY == 0:
                    progress.at(self.samples, f"loss {self.sums['loss'] / self.sums['steps']:.4f}")
                    self._write(rate=round((self.samples - first) / (time.monotonic() - began), 1))
                if self.samples // self.mine.eval_every > checked:
                    checked = self.samples // self.mine.eval_every
                    self._report()
                if time.monotonic() - saved > self.mine.checkpoint_seconds:
                    self._save()
                    saved = time.monotonic()
        if self.ranks.is_first:
            self._report()

    def _loader(self) -> DataLoader[Batch]:
        hard = self.folder / "hard.json"
        batches = Batches(self.settings, rank=self.ranks.rank, step=self.step, hard=hard)
        ahead = 4 if self.mine.workers else None
        return DataLoader(batches, batch_size=None, num_workers=self.mine.workers, prefetch_factor=ahead)

    def _step(self, batch: Batch) -> None:
        factor = learning_rate(
            self.samples, total=self.mine.samples, warmup=self.mine.warmup_samples, hold=self.mine.flat_fraction
        )
        device = self.ranks.device
        given = [each.to(device, non_blocking=True) for each in (batch.images, batch.boxes, batch.points, batch.ignore)]
        with torch.autocast("cuda", torch.bfloat16) if device.type == "cuda" else nullcontext():
            terms = self.wrapped(*given)
        loss = terms["score"] + self.mine.box_weight * terms["box"] + self.mine.landmark_weight * terms["points"]
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 10.0)
        self.rate = self.mine.learning_rate * factor
        self.optimiser.step(self.rate)
        self.step += 1
        self.samples += self.mine.batch * self.ranks.world_size
        follow(self.average, self.net, step=self.step, ema=self.mine.ema)
        for key, value in {**terms, "loss": loss, "steps": torch.ones(())}.items():
            self.sums[key] = self.sums.get(key, 0.0) + float(value.detach())

    def _write(self, **values: Any) -> None:
        steps = self.sums.pop("steps")  # fewer after a restart
        means = {key: round(value / steps, 5) for key, value in self.sums.items()}
        self.log.write("train", samples=self.samples, **means, lr=round(self.rate, 7), **values)
        self.sums.clear()

    def _report(self) -> None:
        self._save()
        self.log.write("check", samples=self.samples, **self.check.read(self.average, seed=self.step))
        draw_learning(Path(self.settings.work) / "log.jsonl", self.folder / "curves.png")

    def _save(self) -> None:
        content = {
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": {"name": self.mine.optimiser, "state": self.optimiser.state_dict()},
            "step": self.step,
            "samples": self.samples,
            "settings": plain_settings(self.settings),
            "environment": environment(),
        }
        save_checkpoint(checkpoint_path(self.settings), content)


def trained_net(settings: DetectorSettings) -> tuple[FaceNet, dict[str, Any]]:
    """The averaged network and the checkpoint it is from. Raises DistillError where there is none."""
    found = load_checkpoint(checkpoint_path(settings))
    if found is None:
        raise DistillError("training: no checkpoint; run the stage train first")
    net = net_of(settings)
    net.load_state_dict(found["average"])
    return net.eval(), found
