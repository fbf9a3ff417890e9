"""`python -m distill landmarks CONFIG`: trains and exports the regressor that says where a small face's landmarks are.

The surprising decision: it is a student with ten outputs. The same layers, optimiser, average and checkpoint serve, and
a face of 12 pixels needs no more than a small one.
"""

import copy
import io
import json
import time
from itertools import islice
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader

from detectors.runtime import Runtime, open_session
from distill.adapt import usable_rows
from distill.average import follow
from distill.card import data
from distill.checkpoint import environment, load_checkpoint, plain_settings, save_checkpoint
from distill.config import Settings
from distill.errors import DistillError
from distill.optimiser import Optimiser
from distill.pool import normalised
from distill.progress import Log, Progress
from distill.schedule import learning_rate
from distill.store import face_rows, write_atomic
from distill.turned import RAISE, REACH, SIDE, Turned
from recognizer.student import Shape, Stage, Student, parameters

Float = NDArray[np.float32]

SHAPE = Shape(SIDE, (Stage(16), Stage(32, 1), Stage(48)), bottleneck=16, dim=10)
METADATA = "landmark_regressor"
NAME = "glimpse_landmarks.onnx"
HELD_OUT = 10  # every tenth usable face is not learnt from, and says how well it went
LOG_EVERY = 100  # steps
AGREE = 1e-4
WARMUP = 20_000  # samples


def landmarks(settings: Settings) -> None:
    """Train to the configured number of samples, going on from the checkpoint; then export. Raises DistillError."""
    work, mine = Path(settings.work), settings.landmarks
    folder = work / "landmarks"
    torch.manual_seed(settings.seed)
    torch.set_num_threads(settings.threads)
    net = Student(SHAPE)
    net.to(memory_format=torch.channels_last)
    average = copy.deepcopy(net)
    optimiser = Optimiser(net, nn.Module(), mine)
    step = 0
    if (found := load_checkpoint(folder / "checkpoint.pt")) is not None:
        net.load_state_dict(found["net"])
        average.load_state_dict(found["average"])
        optimiser.load_state_dict(found["optimiser"])
        step = int(found["step"])
    faces, rows, log = face_rows(work).array(), usable_rows(work), Log(folder / "log.jsonl")
    learnt = rows[np.arange(len(rows)) % HELD_OUT != 0]
    views = Turned(faces, learnt, mine, seed=settings.seed, step=step)
    batches = iter(DataLoader(views, batch_size=None, num_workers=mine.workers))
    saved, total = time.monotonic(), 0.0

    def save() -> None:
        states = {"net": net.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict()}
        made = {"step": step, "settings": plain_settings(settings), "environment": environment()}
        save_checkpoint(folder / "checkpoint.pt", states | made)

    with Progress("landmarks", unit="samples", total=mine.samples, done=step * mine.batch) as progress:
        while step * mine.batch < mine.samples:
            crops, points = next(batches)
            loss = error(net(_inputs(crops)), points).mean()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            factor = learning_rate(step * mine.batch, total=mine.samples, warmup=WARMUP, hold=0.5)
            optimiser.step(mine.learning_rate * factor)
            follow(average, net, step=step, ema=0.999)
            step, total = step + 1, total + float(loss.detach())
            if step % LOG_EVERY == 0:
                log.write("train", samples=step * mine.batch, error=round(total / LOG_EVERY, 5))
                progress.at(step * mine.batch, f"error {total / LOG_EVERY:.4f}")
                total = 0.0
            if time.monotonic() - saved > mine.save:
                save()
                saved = time.monotonic()
    save()
    held = Turned(faces, rows[::HELD_OUT], mine, seed=settings.seed + 1, step=0)
    reached = judged(average.eval(), held)
    log.write("held out", error=round(reached, 4), parameters=parameters(average))
    write_atomic(Path(mine.folder) / NAME, exported(average))
    write_atomic(Path(mine.folder) / NAME.replace(".onnx", ".md"), card(settings, reached, step * mine.batch).encode())


def card(settings: Settings, reached: float, samples: int) -> str:
    """The model card, Markdown."""
    mine = settings.landmarks
    seen = ", ".join(f"{key} {value}" for key, value in environment().items())
    parts = [
        "# glimpse_landmarks",
        "Five landmarks of a face of 8 to 40 px, from the detector's box: what the recogniser's chips are aligned by"
        " (docs/alignment.md, which says what that does to recognition).",
        f"## Measured\n\nMean distance from the true points on faces that were not learnt from, {mine.from_px:g} to"
        f" {mine.to_px:g} px high, turned, worn, their boxes off by {mine.shift:.0%} and {mine.scale:.0%}:"
        f" {reached:.1%} of the eye distance. {parameters(Student(SHAPE)):,} parameters, fp32.",
        f"## Made with\n\n`python -m distill landmarks configs/distill.yaml`, seed {settings.seed}, {samples:,} views."
        f" Environment: {seen}.",
        "## Data\n\n" + data(settings).partition(" On top of")[0] + " No teacher but the template each was aligned to"
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
def judged(net: Student, views: Turned, *, batches: int = 20) -> float:
    """The mean error over some batches, in eye distances."""
    some = iter(views)
    errors = [float(error(net(_inputs(crops)), points).mean()) for crops, points in islice(some, batches)]
    return float(np.mean(errors))


def exported(net: Student) -> bytes:
    """ONNX, fp32, free batch: `crops` (n,3,SIDE,SIDE) RGB in -1..1 to `points` (n,10) in 0..1 of the crop.

    Raises DistillError where torch and ONNX Runtime disagree.
    """
    buffer = io.BytesIO()
    torch.onnx.export(
        net.eval(),
        (torch.zeros(1, 3, SIDE, SIDE),),
        buffer,  # type: ignore[arg-type]
        dynamo=False,
        opset_version=17,
        input_names=["crops"],
        output_names=["points"],
        dynamic_axes={"crops": {0: "n"}, "points": {0: "n"}},
    )
    proto = onnx.load_from_string(buffer.getvalue())
    del proto.metadata_props[:]
    entry = proto.metadata_props.add()
    entry.key, entry.value = METADATA, json.dumps({"side": SIDE, "reach": REACH, "raise": RAISE})
    data: bytes = proto.SerializeToString()
    _check(net, data)
    return data


def _check(net: Student, model: bytes) -> None:
    crops = torch.randn(5, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        ours = net(crops).numpy()
    session = open_session(model, Runtime())
    difference = float(np.abs(session.run(None, {"crops": crops.numpy()})[0] - ours).max())
    if not difference <= AGREE:
        raise DistillError(f"landmarks: torch and ONNX Runtime must agree within {AGREE}, differ by {difference:.2g}")


def _inputs(crops: Tensor) -> Tensor:
    return normalised(crops).contiguous(memory_format=torch.channels_last)
