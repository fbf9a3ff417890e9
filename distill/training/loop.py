"""The training loop of the students, the landmark regressor and the detector. Read it from top to bottom.

Each step takes a batch, moves the weights by the gradient of the loss, and updates the exponential moving average (EMA)
of the weights. The EMA network is the one that is validated and exported.
"""

import copy
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from distill.progress import Log, Progress
from distill.training.checkpoint import describe_run, load_checkpoint, plain_settings, save_checkpoint
from distill.training.cuda_graph import GraphedStep
from distill.training.distributed import Process
from distill.training.optimiser import Optimiser, ema_decay, learning_rate_factor, update_ema


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How long and how fast a network is trained."""

    samples: int  # of all processes together, earlier runs included
    batch: int  # samples of one step in one process
    optimiser: str  # adamw or muon
    learning_rate: float
    weight_decay: float
    warmup_samples: int
    flat_fraction: float  # share of the samples after which the learning rate decays to 0
    ema: float  # decay of the moving average
    ema_first_step: int = 1  # the number of the first step in the warm-up of `ema`
    max_grad_norm: float | None = None
    use_bf16: bool = False  # convolutions multiply in bf16
    use_graph: bool = False  # replay the step as a CUDA graph: the task's batches are empty, and it has one process
    workers: int  # data loader processes
    log_every: int = 100  # steps
    eval_every: int  # samples between validations
    checkpoint_seconds: float


class Task(ABC):
    """A network with its loss, its batches, its validation and its files.

    with_loss: a module that holds `network`. It maps the tensors of a batch to the terms to log; "loss" is minimised.
    It may draw the batch itself, on its device; then the batches are empty.
    modules: what a checkpoint holds, by its key there. settings: copied to each checkpoint.
    """

    title: str
    unit: str = "samples"
    settings: msgspec.Struct
    network: nn.Module
    with_loss: nn.Module
    modules: Mapping[str, nn.Module]
    checkpoint: Path
    log: Log

    def initialise(self) -> None:  # noqa: B027 (random weights need nothing)
        """Take weights from elsewhere; called only if there is no checkpoint."""

    @abstractmethod
    def batches(self, *, step: int, samples: int) -> IterableDataset[Any]:
        """Endless batches of tensors from a step on, before which all processes have seen so many samples."""

    def begin_step(self, *, step: int, samples: int) -> None:  # noqa: B027 (optional)
        """Set what changes from step to step; called before each, also before one that replays a CUDA graph."""

    @abstractmethod
    def validate(self, network: nn.Module, *, step: int) -> dict[str, Any]:
        """Measure the EMA network on data that it does not learn from."""

    def log_fields(self) -> dict[str, Any]:
        """More values for each line of the log."""
        return {}

    def plot(self) -> None:  # noqa: B027 (optional)
        """Draw the learning curves from the log."""


class RunningMeans:
    """Means of the loss terms over the steps made since the last line of the log; after a resume these are fewer.

    Sums stay on the device: only a line of the log waits for it.
    """

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._steps = 0

    def add(self, terms: Mapping[str, Tensor]) -> None:
        """Add the terms of one step."""
        self._steps += 1
        for key, value in terms.items():
            term = value.detach().double()
            self._sums[key] = self._sums[key] + term if key in self._sums else term

    def pop(self) -> dict[str, float]:
        """Return the means and start again."""
        means = {key: round(float(value) / self._steps, 5) for key, value in self._sums.items()}
        self._sums, self._steps = {}, 0
        return means


def train(task: Task, recipe: Recipe, process: Process) -> "Training":
    """Train to `recipe.samples`, from the checkpoint if there is one. Only the first process logs, validates and saves.

    The returned training has the EMA network and, in the first process, its metrics.
    """
    training = start_or_resume(task, recipe, process)
    batches = iter(_loader(task, recipe, step=training.step, samples=training.samples))
    evaluations, saved = training.samples // recipe.eval_every, time.monotonic()
    speed = Speed(training.samples)
    with Progress(
        task.title, unit=task.unit, total=recipe.samples, done=training.samples, shown=process.is_first
    ) as progress:
        while training.samples < recipe.samples:
            training.take_step(next(batches))
            if not process.is_first:
                continue
            if training.step % recipe.log_every == 0:
                means = training.means.pop()
                rate = round(speed.since_last(training.samples), 1)
                values = {**means, "lr": round(training.learning_rate, 7), "rate": rate, **training.graph_fields()}
                task.log.write("train", samples=training.samples, **values, **task.log_fields())
                progress.update(training.samples, f"loss {means['loss']:.4f}")
            due = training.samples // recipe.eval_every > evaluations and training.samples < recipe.samples
            if due or time.monotonic() - saved > recipe.checkpoint_seconds:
                training.save()
                if due:
                    evaluations = training.samples // recipe.eval_every
                    training.validate("check")
                task.plot()
                saved = time.monotonic()
                speed.restart(training.samples)
        if process.is_first:
            training.save()
            training.validate("trained")
            task.plot()
    return training


class Speed:
    """Samples a second between two lines of the log, without validations and checkpoints."""

    def __init__(self, samples: int) -> None:
        self.restart(samples)

    def restart(self, samples: int) -> None:
        """Measure from here on."""
        self._samples, self._time = samples, time.monotonic()

    def since_last(self, samples: int) -> float:
        """Return the speed since the last call or restart, and restart."""
        rate = (samples - self._samples) / max(time.monotonic() - self._time, 1e-6)
        self.restart(samples)
        return rate


@dataclass
class Training:
    """The state of a training, most of which a checkpoint holds."""

    task: Task
    recipe: Recipe
    process: Process
    with_loss: nn.Module  # the task's, wrapped for several processes
    ema: nn.Module
    optimiser: Optimiser
    step: int
    samples: int
    made_with: dict[str, Any]
    learning_rate: float = 0.0
    means: RunningMeans = field(default_factory=RunningMeans)
    metrics: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ema_decay = torch.zeros((), device=self.process.device)
        self._graph: GraphedStep | None = None
        if self.recipe.use_graph and self.process.device.type == "cuda" and self.process.world_size == 1:
            self._graph = GraphedStep(self._update)

    def take_step(self, batch: Iterable[Tensor]) -> None:
        """Learn from one batch."""
        recipe, device = self.recipe, self.process.device
        self.learning_rate = recipe.learning_rate * learning_rate_factor(
            self.samples, total=recipe.samples, warmup=recipe.warmup_samples, flat_fraction=recipe.flat_fraction
        )
        self.optimiser.set_learning_rate(self.learning_rate)
        self._ema_decay.fill_(ema_decay(recipe.ema, self.step + recipe.ema_first_step))
        self.task.begin_step(step=self.step, samples=self.samples)
        tensors = [tensor.to(device, non_blocking=True) for tensor in batch]
        terms = self._graph() if self._graph else self._update(*tensors)
        self.step += 1
        self.samples += recipe.batch * self.process.world_size
        self.means.add(terms)

    def graph_fields(self) -> dict[str, Any]:
        """Whether steps are replayed as a CUDA graph, and why not; nothing where none is asked for."""
        if self._graph is None:
            return {}
        return {"graph": self._graph.is_recorded} | ({"failure": self._graph.failure} if self._graph.failure else {})

    def _update(self, *batch: Tensor) -> dict[str, Tensor]:
        """Move weights and their average. Everything here can be recorded in a CUDA graph."""
        recipe = self.recipe
        self.optimiser.zero_grad()
        with torch.autocast(
            self.process.device.type, torch.bfloat16, enabled=recipe.use_bf16, cache_enabled=not recipe.use_graph
        ):
            terms = self.with_loss(*batch)
        terms["loss"].backward()
        if recipe.max_grad_norm is not None:
            nn.utils.clip_grad_norm_(self.task.network.parameters(), recipe.max_grad_norm)
        self.optimiser.step()
        update_ema(self.ema, self.task.network, decay=self._ema_decay)
        return {key: value.detach() for key, value in terms.items()}

    def validate(self, stage: str) -> None:
        """Measure the EMA network and write the metrics to the log."""
        self.metrics = self.task.validate(self.ema, step=self.step)
        self.task.log.write(stage, samples=self.samples, **self.task.log_fields(), **self.metrics)

    def save(self) -> None:
        """Replace the checkpoint."""
        content = {
            **{key: module.state_dict() for key, module in self.task.modules.items()},
            "average": self.ema.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "samples": self.samples,
            "settings": plain_settings(self.task.settings),
            **self.made_with,
        }
        save_checkpoint(self.task.checkpoint, content)


def start_or_resume(task: Task, recipe: Recipe, process: Process) -> Training:
    """The state in the task's checkpoint, or that before the first step."""
    found = load_checkpoint(task.checkpoint)
    if found is None:
        task.initialise()
    task.network.train()
    ema = copy.deepcopy(task.network).eval().requires_grad_(False)
    optimiser = Optimiser(task.network, task.with_loss, recipe)
    step = samples = 0
    if found is not None:
        for key, module in (*task.modules.items(), ("average", ema)):
            module.load_state_dict(found[key])
        optimiser.load_state_dict(found["optimiser"])
        step = int(found["step"])
        samples = int(found.get("samples", step * recipe.batch))
    with_loss, made_with = process.wrap(task.with_loss), describe_run(process.world_size)
    return Training(task, recipe, process, with_loss, ema, optimiser, step, samples, made_with)


def _loader(task: Task, recipe: Recipe, *, step: int, samples: int) -> DataLoader[Any]:
    ahead = 4 if recipe.workers else None
    batches = task.batches(step=step, samples=samples)
    return DataLoader(batches, batch_size=None, num_workers=recipe.workers, prefetch_factor=ahead)
