"""Step 2 of the paper, resolution-adapted distillation: students learn the adapted feature from small views."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import IterableDataset

from detectors.arrays import Chips
from distill.adapt.head import Head
from distill.adapt.stage import fit_head, read_head, sample_features
from distill.config import Settings, StudentSettings
from distill.data.resample import shrink
from distill.data.views import ViewMaker
from distill.errors import DistillError
from distill.label.pools import settings_in_pool
from distill.losses.total import Losses
from distill.metrics.plots import plot_chips, plot_training
from distill.progress import Log
from distill.teacher.ensemble import open_ensemble
from distill.training.checkpoint import load_checkpoint
from distill.training.dataset import DegradedBatches, FaceDataset, normalise_pixels, sample_views, to_tensor
from distill.training.device_faces import DeviceBatches, DeviceFaces, open_codec_store
from distill.training.distributed import Process, barrier, first_rank_first, process_group
from distill.training.from_onnx import load_onnx_weights
from distill.training.last_layer import fit_last_layer, read_views
from distill.training.loop import Recipe, Task, train
from distill.training.shared_faces import SharedFaces
from distill.training.student import Shape, Stage, Student, count_parameters
from distill.training.validation import Validation
from distill.work_folder import WorkFolder

SHEET_FACES, SHEET_COPIES = 8, 12  # in the picture of the views
CALIBRATION_FACES = 256  # on which an exported file gets its batch normalisation back


def train_students(settings: Settings, *names: str) -> None:
    """Train students one after the other to their number of samples, each from its checkpoint if there is one.

    Raises DistillError.
    """
    for name in names:
        if name not in settings.students:
            raise DistillError(f"students: no {name!r}; known here: {', '.join(settings.students)}")
    shared = SharedFaces()
    with process_group() as process:  # one for all: a second group may receive messages of the first
        for name in names:
            _train_one(settings, name, process, shared)
            barrier()


def _train_one(settings: Settings, name: str, process: Process, shared: SharedFaces) -> None:
    """Train one student. Nothing holds its faces afterwards but `shared`, which may then free them."""
    task = make_task(settings, name, process, shared)
    train(task, make_recipe(settings.students[name], process.device), process)


def make_task(settings: Settings, name: str, process: Process, shared: SharedFaces | None = None) -> "StudentTask":
    """Open the faces and build the student with random weights. Raises DistillError."""
    shared = shared or SharedFaces()
    options, folder = settings.students[name], WorkFolder(Path(settings.work)).student(name)
    seed = settings.seed if options.seed is None else options.seed
    torch.manual_seed(seed)
    torch.set_num_threads(settings.threads)
    with first_rank_first(process):  # it stores the features that a head of its own is fitted to
        head = student_head(settings, options)
    student = Student(student_shape(options, head.dim)).to(process.device)
    # a quarter faster than channels first on CPUs, twice as fast on tensor cores
    student.to(memory_format=torch.channels_last)
    faces = shared.open(settings, name, head)
    losses = Losses(options.loss, faces.class_count, head.dim).to(process.device)
    validation = None
    if process.is_first:
        validation = Validation(settings_in_pool(settings, options.pool), options.size, head)
    drawn = None
    if draws_on_device(options):
        loaded = shared.on_device(settings, name, process.device)
        drawn = open_device_batches(settings, name, loaded, process, seed=seed)
    task = StudentTask(settings, name, seed, process, faces, drawn, student, losses, validation)
    if process.is_first and not folder.checkpoint.exists():
        plot_chips(task.sample_views(), folder.chips)
    return task


def make_recipe(options: StudentSettings, device: torch.device) -> Recipe:
    """The part of a student's settings that the loop reads."""
    on_device = draws_on_device(options)
    waits = options.loss.classification or options.loss.centre  # these losses ask the CPU who is in a batch
    return Recipe(
        samples=options.samples,
        batch=options.batch,
        optimiser=options.optimiser,
        learning_rate=options.learning_rate,
        weight_decay=options.weight_decay,
        warmup_samples=options.warmup_samples,
        flat_fraction=options.flat_fraction,
        ema=options.ema,
        use_bf16=options.precision == "bf16" or (options.precision == "auto" and device.type == "cuda"),
        use_graph=options.cuda_graph and on_device and not waits,
        workers=0 if on_device else options.workers,
        eval_every=options.eval_every,
        checkpoint_seconds=options.checkpoint_seconds,
    )


@dataclass
class StudentTask(Task):
    """One student, its losses and its labelled faces. Only the first process has a validation.

    drawn: batches on the device of the student; None if data loaders make them.
    """

    settings: Settings
    name: str
    seed: int
    process: Process
    faces: FaceDataset
    drawn: DeviceBatches | None
    network: Student
    losses: Losses
    validation: Validation | None

    def __post_init__(self) -> None:
        self.title = self.name
        self.options = self.settings.students[self.name]
        self.folder = WorkFolder(Path(self.settings.work)).student(self.name)
        self.checkpoint, self.log = self.folder.checkpoint, Log(self.folder.log)
        self.with_loss: nn.Module = StudentWithLoss(self.network, self.losses)
        if self.drawn:
            self.with_loss = DrawingStudent(StudentWithLoss(self.network, self.losses), self.drawn)
        self._seeded = False
        self.modules = {"student": self.network, "losses": self.losses}

    def batches(self, *, step: int, samples: int) -> IterableDataset[Any]:
        """Small views of labelled faces, their targets and their people; nothing if they are drawn on the device."""
        if self.drawn:
            return EmptyBatches()
        return DegradedBatches(self.faces, self.options, self.process, seed=self.seed, step=step, samples=samples)

    def begin_step(self, *, step: int, samples: int) -> None:
        """Seed what is drawn on the device, and follow `low_target_share`.

        Random numbers come from the step, so that a resumed training goes on with the batch that was interrupted. On a
        GPU only the first step of a process is seeded: a recorded step takes the generator as it finds it.
        """
        if not self.drawn:
            return
        if self.process.device.type == "cpu" or not self._seeded:
            entropy = np.random.SeedSequence((self.seed, self.process.rank, step))
            torch.manual_seed(int(entropy.generate_state(1)[0]))
            self._seeded = True
        start, end = self.options.low_target_share
        self.drawn.low_share.fill_(start + (end - start) * min(1.0, samples / self.options.samples))

    def validate(self, network: nn.Module, *, step: int) -> dict[str, Any]:
        """LFW at the student's size, and the mean cosine with the targets of the held-out faces."""
        assert self.validation is not None
        assert isinstance(network, Student)
        fit = {}
        if self.drawn and len(self.drawn.faces.held_images):
            fit["held_out_cosine"] = round(self.drawn.measure_fit(network), 4)
        return {**self.validation.evaluate(network), **fit}

    def log_fields(self) -> dict[str, Any]:
        """The number of labelled faces, which may grow during the training unless they lie on the device."""
        return {"pool": len(self.drawn.faces) if self.drawn else self.faces.refresh()}

    def sample_views(self) -> Chips:
        """Views of a few faces to look at, BGR uint8 (faces,copies,S,S,3)."""
        if self.drawn:
            return self.drawn.sample_views(SHEET_FACES, SHEET_COPIES)
        return sample_views(self.faces, self.options, seed=self.seed, count=SHEET_FACES, views=SHEET_COPIES)

    def plot(self) -> None:
        """Draw `curves.png` beside the log."""
        plot_training(self.folder.log, self.folder.curves)

    def initialise(self) -> None:
        """Copy weights from the files and students of `start_from`, of which later ones overwrite earlier ones, and
        fit the last layer to the targets."""
        for source in self.options.starting_weights:
            if source.endswith(".onnx"):
                self._load_exported(Path(self.settings.export.folder) / source)
            else:
                self._copy_from(source)
        if self.options.ridge_views:
            samples = read_views(self.network, self.faces, self.options, seed=self.seed)
            cosine = fit_last_layer(self.network, samples, self.options.ridge_views)
            self.log.write("ridge", views=self.options.ridge_views, cosine=round(cosine, 4))

    def _load_exported(self, path: Path) -> None:
        masters, *_ = self.faces.sample(CALIBRATION_FACES, 1.0, np.random.default_rng(self.seed))
        chips = normalise_pixels(to_tensor(shrink(masters, self.options.size)))
        load_onnx_weights(self.network, path, chips.to(self.process.device))

    def _copy_from(self, name: str) -> None:
        student = WorkFolder(Path(self.settings.work)).student(name).checkpoint
        found = load_checkpoint(Path(name) if name.endswith(".pt") else student)
        if found is None:
            raise DistillError(f"students.{self.name}.start_from: no checkpoint of {name!r}")
        own = self.network.state_dict()
        matching = matching_layers(own, found["average"])
        if not matching:
            raise DistillError(f"students.{self.name}.start_from: expected layers of the same shape, {name!r} has none")
        self.network.load_state_dict(own | matching)


class StudentWithLoss(nn.Module):
    """Student and losses as one module, so that several processes average the gradients of learnt class centres too."""

    def __init__(self, student: Student, losses: Losses) -> None:
        super().__init__()
        self.student, self.losses = student, losses

    def forward(self, chips: Tensor, targets: Tensor, people: Tensor) -> dict[str, Tensor]:
        """Map chips uint8 (N,3,S,S), targets (N,dim) and people (N,) to the weighted terms and their sum, `loss`."""
        inputs = normalise_pixels(chips).contiguous(memory_format=torch.channels_last)
        features = self.student(inputs).float()
        with torch.autocast(chips.device.type, enabled=False):  # bf16's 8 bits lose a margin of 0.3
            terms: dict[str, Tensor] = self.losses(features, targets, people)
            return {**terms, "loss": torch.stack(list(terms.values())).sum()}


class DrawingStudent(nn.Module):
    """A student that draws its batches on its own device."""

    def __init__(self, learner: StudentWithLoss, batches: DeviceBatches) -> None:
        super().__init__()
        self.learner, self._batches = learner, batches

    def forward(self) -> dict[str, Tensor]:
        """Draw a batch and return the weighted terms and their sum, `loss`."""
        with torch.autocast(self._batches.device.type, enabled=False):  # bf16 would be wrong by whole grey levels
            batch = self._batches.draw()
        terms: dict[str, Tensor] = self.learner(*batch)
        return terms


class EmptyBatches(IterableDataset[Any]):
    """Endless batches of no tensors."""

    def __iter__(self) -> Iterator[tuple[()]]:
        return repeat(())


def matching_layers(own: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The entries of another student's state whose layer has a weight of the same name and shape here.

    Batch normalisation belongs to the convolution before it: both match or none.
    """
    same_shape = {key for key in own if key in other and other[key].shape == own[key].shape}
    return {key: other[key] for key in same_shape if _weight_of(key) in same_shape}


def _weight_of(key: str) -> str:
    """The convolution's or linear layer's weight to which an entry of a student's state belongs."""
    owner, _, _ = key.rpartition(".")
    block, _, place = owner.rpartition(".")
    return f"{block}.0.weight" if place == "1" else f"{owner}.weight"


def draws_on_device(options: StudentSettings) -> bool:
    """Whether the views of a training are made where the student is."""
    return options.views == "device"


def open_device_batches(
    settings: Settings, name: str, loaded: DeviceFaces, process: Process, *, seed: int
) -> DeviceBatches:
    """Make what draws a student's batches, and make or read its compressed views. Raises DistillError."""
    options, folder = settings.students[name], WorkFolder(Path(settings.work)).student(name)
    try:
        views = ViewMaker(options.size, loaded.images.shape[2], options.degrade, seed=seed, device=process.device)
    except ValueError as error:
        raise DistillError(f"students.{name}.{error}") from None
    store = None
    if options.degrade.h264 and loaded.real:
        with first_rank_first(process):
            store = open_codec_store(folder.codec_store, loaded, views, options, seed=seed)
    return DeviceBatches(loaded, options, views, store)


def student_shape(options: StudentSettings, dim: int) -> Shape:
    """The layers that a configuration asks for. Raises DistillError if they do not fit its size or are too many."""
    try:
        stages = tuple(Stage(stage.channels, stage.blocks, stage.stride) for stage in options.stages)
        shape = Shape(options.size, stages, options.bottleneck, dim, options.rank)
    except ValueError as error:
        raise DistillError(f"students: {error}") from None
    count = count_parameters(Student(shape))
    if count > options.max_parameters:
        raise DistillError(f"students: expected at most {options.max_parameters:,} parameters, got {count:,}")
    return shape


def student_head(settings: Settings, options: StudentSettings) -> Head:
    """The head of the student's pool, or one fitted for this student. Raises DistillError if neither is possible."""
    settings = settings_in_pool(settings, options.pool)
    work = WorkFolder(Path(settings.work))
    if options.adapt is None:
        return read_head(work)
    sharp, low = sample_features(options.adapt, work, open_ensemble(settings), seed=settings.seed)
    return fit_head(sharp, low, options.adapt, work, seed=settings.seed)


def load_student(settings: Settings, name: str) -> Student:
    """A trained student with its EMA weights, in evaluation mode. Raises DistillError if it has no checkpoint."""
    found = load_checkpoint(WorkFolder(Path(settings.work)).student(name).checkpoint)
    if found is None:
        raise DistillError(f"students.{name}: no checkpoint; run `python -m distill train` first")
    options = settings.students[name]
    student = Student(student_shape(options, student_head(settings, options).dim))
    student.load_state_dict(found["average"])
    return student.eval()
