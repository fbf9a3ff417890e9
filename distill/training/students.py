"""Step two of the bridge: a student learns the adapted feature from ever new small views. Read it top to bottom.

The surprising decision: what is tested and shipped is the running average of the weights, not the weights.
"""

import copy
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from distill.adapt.head import Head
from distill.adapt.stage import fit_head, read_head, sample_features
from distill.config import Settings, StudentSettings
from distill.data.resample import shrink
from distill.errors import DistillError
from distill.label.pools import settings_in_pool
from distill.losses.total import Losses
from distill.metrics.plots import plot_chips, plot_training
from distill.progress import Log, Progress
from distill.teacher.ensemble import open_ensemble
from distill.training.checkpoint import command, environment, load_checkpoint, plain_settings, save_checkpoint
from distill.training.dataset import DegradedBatches, FaceDataset, normalise_pixels, sample_views, to_tensor
from distill.training.distributed import Process, barrier, first_rank_first, process_group
from distill.training.ema import follow
from distill.training.from_onnx import load_onnx_weights
from distill.training.learning_rate import learning_rate
from distill.training.optimiser import Optimiser
from distill.training.student import Shape, Stage, Student, count_parameters
from distill.training.validation import Validation
from distill.work_folder import WorkFolder

LOG_EVERY = 100  # steps


def student_shape(settings: StudentSettings, dim: int) -> Shape:
    """The layers a configuration asks for. Raises DistillError for ones that do not fit its size or are too many."""
    try:
        stages = tuple(Stage(one.channels, one.blocks, one.stride) for one in settings.stages)
        shape = Shape(settings.size, stages, settings.bottleneck, dim)
    except ValueError as error:
        raise DistillError(f"students: {error}") from None
    count = count_parameters(Student(shape))
    if count > settings.max_parameters:
        raise DistillError(f"students: expected at most {settings.max_parameters:,} parameters, got {count:,}")
    return shape


def student_head(settings: Settings, student: StudentSettings) -> Head:
    """The head of the student's pool, or one fitted for it alone. Raises DistillError where neither can be had."""
    settings = settings_in_pool(settings, student.pool)
    work = WorkFolder(Path(settings.work))
    if student.adapt is None:
        return read_head(work)
    sharp, low = sample_features(student.adapt, work, open_ensemble(settings), seed=settings.seed)
    return fit_head(sharp, low, student.adapt, work, seed=settings.seed)


def train(settings: Settings, *names: str) -> None:
    """Train students, one after the other, to their number of samples, going on from their checkpoints.

    Raises DistillError.
    """
    for name in names:
        if name not in settings.students:
            raise DistillError(f"students: no {name!r}; known here: {', '.join(settings.students)}")
    with process_group() as process:  # one for all: a second group may receive messages of the first
        for name in names:
            _Training(settings, name, process).run()
            barrier()


class Lesson(nn.Module):
    """Student and losses as one module, so that learnt class centres are averaged over processes too."""

    def __init__(self, student: Student, losses: Losses) -> None:
        super().__init__()
        self.student, self.losses = student, losses

    def forward(self, chips: Tensor, targets: Tensor, people: Tensor) -> dict[str, Tensor]:
        """Chips (N,3,S,S), targets (N,dim) and people (N,) to the weighted terms."""
        features = self.student(chips).float()
        with torch.autocast(chips.device.type, enabled=False):  # a margin of 0.3 is nothing to bf16's 8 bits
            terms: dict[str, Tensor] = self.losses(features, targets, people)
        return terms


def copy_matching_layers(own: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The entries of another student's state that fit: those of layers whose weight has the same name and shape."""
    fits = {key for key in own if key in theirs and theirs[key].shape == own[key].shape}
    return {key: theirs[key] for key in fits if _weight_of(key) in fits}


def _weight_of(key: str) -> str:
    """The weight that an entry of a student's state belongs to: a normalisation goes with the convolution before it."""
    owner, _, _ = key.rpartition(".")
    block, _, place = owner.rpartition(".")
    return f"{block}.0.weight" if place == "1" else f"{owner}.weight"


@dataclass
class _Training:
    settings: Settings
    name: str
    ranks: Process
    step: int = 0
    samples: int = 0  # views seen by all processes together, and by those of runs before
    summed: int = 0  # steps in `sums`
    sums: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.mine = self.settings.students[self.name]
        self.work = WorkFolder(Path(self.settings.work))
        self.home = settings_in_pool(self.settings, self.mine.pool)
        self.folder = self.work.student(self.name)
        self.made_with = {"command": command(), "processes": self.ranks.world_size, "environment": environment()}
        self.seed = self.settings.seed if self.mine.seed is None else self.mine.seed
        torch.manual_seed(self.seed)
        torch.set_num_threads(self.settings.threads)
        with first_rank_first(self.ranks):  # it stores the features that a head of its own is fitted to
            self.head = student_head(self.settings, self.mine)
        layout = torch.channels_last  # a quarter faster than channels first on CPUs, twice on tensor cores
        self.student = Student(student_shape(self.mine, self.head.dim)).to(self.ranks.device)
        self.student.to(memory_format=layout)
        sharp_only = self.mine.low_target_share == (0.0, 0.0)
        known = WorkFolder(Path(self.home.work))
        self.pool = FaceDataset(known, self.head, sharp_only=sharp_only, limit=self.mine.faces, kinds=self.mine.sources)
        self.pool.refresh()
        if not (sharp_only or self.pool.has_low_targets):
            raise DistillError(
                f"students.{self.name}.low_target_share: expected faces with low targets, got none;"
                " label.low_targets makes them"
            )
        self.losses = Losses(self.mine.loss, self.pool.class_count, self.head.dim).to(self.ranks.device)
        self.lesson = Lesson(self.student, self.losses)
        self.optimiser = Optimiser(self.student, self.losses, self.mine)
        self._restore()
        self.wrapped = self.ranks.wrap(self.lesson)

    def _restore(self) -> None:
        found = load_checkpoint(self.folder.checkpoint)
        if found is None:
            self._start_from()
        self.average = copy.deepcopy(self.student)
        if found is None:
            return
        self.student.load_state_dict(found["student"])
        self.average.load_state_dict(found["average"])
        self.losses.load_state_dict(found["losses"])
        self.optimiser.load_state_dict(found["optimiser"])
        self.step, self.samples = int(found["step"]), int(found["samples"])

    def _start_from(self) -> None:
        """Take over what exported files hold, or students' layers that have the same name and shape here."""
        for source in self.mine.starting_weights:
            if source.endswith(".onnx"):
                self._unfold(Path(self.settings.export.folder) / source)
            else:
                self._take_over(source)

    def _unfold(self, path: Path) -> None:
        masters, *_ = self.pool.sample(256, 1.0, np.random.default_rng(self.seed))
        chips = normalise_pixels(to_tensor(shrink(masters, self.mine.size)))
        load_onnx_weights(self.student, path, chips.to(self.ranks.device))

    def _take_over(self, name: str) -> None:
        found = load_checkpoint(self.work.student(name).checkpoint)
        if found is None:
            raise DistillError(f"students.{self.name}.start_from: no checkpoint of {name!r}")
        own = self.student.state_dict()
        same = copy_matching_layers(own, found["average"])
        if not same:
            raise DistillError(f"students.{self.name}.start_from: expected layers of the same shape, {name!r} has none")
        self.student.load_state_dict(own | same)

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        mine = self.mine
        return mine.learning_rate * learning_rate(
            self.samples, total=mine.samples, warmup=mine.warmup_samples, hold=mine.flat_fraction
        )

    @property
    def halved(self) -> bool:
        """Whether convolutions multiply in bf16."""
        asked = self.mine.precision
        return asked == "bf16" or (asked == "auto" and self.ranks.device.type == "cuda")

    def run(self) -> None:
        log = Log(self.folder.log) if self.ranks.is_first else None
        check = Validation(self.home, self.mine.size, self.head) if self.ranks.is_first else None
        views = DegradedBatches(self.pool, self.mine, self.ranks, seed=self.seed, step=self.step, samples=self.samples)
        ahead = 4 if self.mine.workers else None
        batches = iter(DataLoader(views, batch_size=None, num_workers=self.mine.workers, prefetch_factor=ahead))
        saved, began, first, checked = (
            time.monotonic(),
            time.monotonic(),
            self.samples,
            self.samples // self.mine.eval_every,
        )
        if self.ranks.is_first and self.step == 0:
            plot_chips(sample_views(self.pool, self.mine, seed=self.seed), self.folder.chips)
        with Progress(
            self.name, unit="samples", total=self.mine.samples, done=self.samples, shown=self.ranks.is_first
        ) as progress:
            while self.samples < self.mine.samples:
                self._step(*next(batches))
                if log is None:
                    continue
                if self.step % LOG_EVERY == 0:
                    rate = (self.samples - first) / (time.monotonic() - began)
                    progress.at(self.samples, f"loss {self.sums.get('loss', 0) / self.summed:.4f}")
                    self._write(log, rate=round(rate), pool=self.pool.refresh())
                if check and self.samples // self.mine.eval_every > checked:
                    checked = self.samples // self.mine.eval_every
                    log.write("check", samples=self.samples, **check.read(self.average))
                if time.monotonic() - saved > self.mine.checkpoint_seconds:
                    self._save()
                    plot_training(self.folder.log, self.folder.curves)
                    saved = time.monotonic()
            if log and check:
                self._save()
                plot_training(self.folder.log, self.folder.curves)
                log.write("trained", samples=self.samples, pool=len(self.pool), **check.read(self.average))

    def _step(self, chips: Tensor, targets: Tensor, people: Tensor) -> None:
        device = self.ranks.device
        with torch.autocast(device.type, torch.bfloat16, enabled=self.halved):
            inputs = normalise_pixels(chips.to(device, non_blocking=True)).contiguous(memory_format=torch.channels_last)
            terms = self.wrapped(inputs, targets.to(device), people.to(device))
        loss = torch.stack(list(terms.values())).sum()
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step(self.rate)
        self.step += 1
        self.summed += 1
        self.samples += self.mine.batch * self.ranks.world_size
        follow(self.average, self.student, step=self.step, ema=self.mine.ema)
        for key, value in {**terms, "loss": loss}.items():
            self.sums[key] = self.sums.get(key, 0.0) + float(value.detach())

    def _write(self, log: Log, **values: Any) -> None:
        means = {key: round(value / self.summed, 5) for key, value in self.sums.items()}
        log.write("train", samples=self.samples, **means, lr=round(self.rate, 7), **values)
        self.sums.clear()
        self.summed = 0

    def _save(self) -> None:
        content = {
            "student": self.student.state_dict(),
            "average": self.average.state_dict(),
            "losses": self.losses.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "samples": self.samples,
            "settings": plain_settings(self.settings),
            **self.made_with,
        }
        save_checkpoint(self.folder.checkpoint, content)


def load_student(settings: Settings, name: str) -> Student:
    """A trained student, its averaged weights, ready to be read. Raises DistillError where there is none."""
    work = WorkFolder(Path(settings.work))
    found = load_checkpoint(work.student(name).checkpoint)
    if found is None:
        raise DistillError(f"students.{name}: no checkpoint; run `python -m distill train` first")
    student = Student(student_shape(settings.students[name], student_head(settings, settings.students[name]).dim))
    student.load_state_dict(found["average"])
    return student.eval()
