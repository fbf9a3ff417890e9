"""`python -m distill landmarks CONFIG`: trains and exports the regressor that says where a small face's landmarks are.

The surprising decision: it is a student with ten outputs. The same layers, optimiser, average and checkpoint serve, and
a face of 12 pixels needs no more than a small one.
"""

import copy
import json
import time
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from distill.config import Settings
from distill.data.prepare import load_usable_rows
from distill.data.store import face_rows, write_atomic
from distill.export.card import describe_data
from distill.export.onnx_file import check_against_torch, export_onnx, set_metadata
from distill.landmarks.views import RAISE, REACH, SIDE, LandmarkViews
from distill.progress import Log, Progress
from distill.training.checkpoint import environment, load_checkpoint, plain_settings, save_checkpoint
from distill.training.dataset import normalise_pixels
from distill.training.ema import follow
from distill.training.learning_rate import learning_rate
from distill.training.optimiser import Optimiser
from distill.training.student import Shape, Stage, Student, count_parameters
from distill.work_folder import WorkFolder

SHAPE = Shape(SIDE, (Stage(16), Stage(32, 1), Stage(48)), bottleneck=16, dim=10)
METADATA = "landmark_regressor"
NAME = "glimpse_landmarks.onnx"
HELD_OUT = 10  # every tenth usable face is not learnt from, and says how well it went
LOG_EVERY = 100  # steps
TOLERANCE = 1e-4  # of a point, in 0..1 of the crop, between torch and ONNX Runtime
WARMUP = 20_000  # samples


def landmarks(settings: Settings) -> None:
    """Train to the configured number of samples, going on from the checkpoint; then export. Raises DistillError."""
    training = _Training(settings)
    training.run()
    average, mine = training.average.eval(), settings.landmarks
    held = LandmarkViews(training.faces, training.rows[::HELD_OUT], mine, seed=settings.seed + 1, step=0)
    reached = judged(average, held)
    training.log.write("held out", error=round(reached, 4), parameters=count_parameters(average))
    told = card(settings, reached, training.samples)
    write_atomic(Path(mine.folder) / NAME, to_onnx(average))
    write_atomic(Path(mine.folder) / NAME.replace(".onnx", ".md"), told.encode())


class _Training:
    def __init__(self, settings: Settings) -> None:
        self._settings, self._mine = settings, settings.landmarks
        self._work = WorkFolder(Path(settings.work))
        torch.manual_seed(settings.seed)
        torch.set_num_threads(settings.threads)
        self.faces, self.rows = face_rows(self._work).array(), load_usable_rows(self._work)
        self.log = Log(self._work.landmarks_log)
        self._net = Student(SHAPE)
        self._net.to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self._net)
        self._optimiser = Optimiser(self._net, nn.Module(), self._mine)
        self._step, self._error = 0, 0.0
        self._restore()

    def _restore(self) -> None:
        if (found := load_checkpoint(self._work.landmarks_checkpoint)) is not None:
            self._net.load_state_dict(found["net"])
            self.average.load_state_dict(found["average"])
            self._optimiser.load_state_dict(found["optimiser"])
            self._step = int(found["step"])

    @property
    def samples(self) -> int:
        """DegradedBatches seen so far."""
        return self._step * self._mine.batch

    def run(self) -> None:
        """Learn from faces that are not held out, up to the configured number of views."""
        learnt = self.rows[np.arange(len(self.rows)) % HELD_OUT != 0]
        views = LandmarkViews(self.faces, learnt, self._mine, seed=self._settings.seed, step=self._step)
        batches = iter(DataLoader(views, batch_size=None, num_workers=self._mine.workers))
        saved = time.monotonic()
        with Progress("landmarks", unit="samples", total=self._mine.samples, done=self.samples) as progress:
            while self.samples < self._mine.samples:
                self._learn(*next(batches))
                if self._step % LOG_EVERY == 0:
                    mean, self._error = self._error / LOG_EVERY, 0.0
                    self.log.write("train", samples=self.samples, error=round(mean, 5))
                    progress.at(self.samples, f"error {mean:.4f}")
                if time.monotonic() - saved > self._mine.checkpoint_seconds:
                    self._save()
                    saved = time.monotonic()
        self._save()

    def _learn(self, crops: Tensor, points: Tensor) -> None:
        loss = error(self._net(_inputs(crops)), points).mean()
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        factor = learning_rate(self.samples, total=self._mine.samples, warmup=WARMUP, hold=0.5)
        self._optimiser.step(self._mine.learning_rate * factor)
        follow(self.average, self._net, step=self._step, ema=0.999)
        self._step += 1
        self._error += float(loss.detach())

    def _save(self) -> None:
        content = {
            "net": self._net.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "step": self._step,
            "settings": plain_settings(self._settings),
            "environment": environment(),
        }
        save_checkpoint(self._work.landmarks_checkpoint, content)


def card(settings: Settings, reached: float, samples: int) -> str:
    """The model card, Markdown."""
    mine = settings.landmarks
    seen = ", ".join(f"{key} {value}" for key, value in environment().items())
    parts = [
        "# glimpse_landmarks",
        "Five landmarks of a face of 8 to 40 px, from the detector's box: what the recogniser's chips are aligned by"
        " (docs/training/results.md, which says what that does to recognition).",
        f"## Measured\n\nMean distance from the true points on faces that were not learnt from, {mine.from_px:g} to"
        f" {mine.to_px:g} px high, turned, worn, their boxes off by {mine.box_shift:.0%} and {mine.box_scale:.0%}:"
        f" {reached:.1%} of the eye distance. {count_parameters(Student(SHAPE)):,} parameters, fp32.",
        f"## Made with\n\n`python -m distill landmarks configs/distill.yaml`, seed {settings.seed}, {samples:,} views."
        f" Environment: {seen}.",
        "## Data\n\n" + describe_data(settings) + " No teacher but the template each was aligned to"
        " (by YuNet-n's landmarks, MIT).",
        "## Known failures\n\nProfiles and faces seen from far above: what was learnt from looks at the camera. A box"
        " that is no face gets landmarks all the same.",
        "## Licence\n\nApache-2.0 for the file. Most of the pictures it learnt from state no licence or allow research"
        " only; the file carries that history.",
    ]
    return "\n\n".join(parts) + "\n"


def error(found: Tensor, points: Tensor) -> Tensor:
    """Mean distance (N,) of five points from the true ones, in true eye distances. Both (N,10)."""
    apart, true = (found - points).reshape(-1, 5, 2), points.reshape(-1, 5, 2)
    eyes = (true[:, 0] - true[:, 1]).norm(dim=1).clamp_min(0.05)
    near: Tensor = (apart.square().sum(dim=2) + 1e-6).sqrt().mean(dim=1) / eyes
    return near


@torch.no_grad()
def judged(net: Student, views: LandmarkViews, *, batches: int = 20) -> float:
    """The mean error over some batches, in eye distances."""
    some = iter(views)
    errors = [float(error(net(_inputs(crops)), points).mean()) for crops, points in islice(some, batches)]
    return float(np.mean(errors))


def to_onnx(net: Student) -> bytes:
    """ONNX, fp32, free batch: `crops` (n,3,SIDE,SIDE) RGB in -1..1 to `points` (n,10) in 0..1 of the crop.

    Raises DistillError if torch and ONNX Runtime disagree.
    """
    crops = torch.randn(5, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    free = {"crops": {0: "n"}, "points": {0: "n"}}
    model = export_onnx(net, torch.zeros_like(crops[:1]), names=("crops", ["points"]), free_axes=free)
    model = set_metadata(model, METADATA, json.dumps({"side": SIDE, "reach": REACH, "raise": RAISE}))
    check_against_torch(net, model, crops.numpy(), tolerance=TOLERANCE)
    return model


def _inputs(crops: Tensor) -> Tensor:
    return normalise_pixels(crops).contiguous(memory_format=torch.channels_last)
