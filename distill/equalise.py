"""Makes a student's channels equally loud before it is quantised, without changing what it says.

ReLU lets a positive factor pass, so a channel may be scaled where it is made and scaled back where it is read (Nagel et
al., "Data-Free Quantization Through Weight Equalization and Bias Correction", ICCV 2019). The surprising decision: the
factors come from the activations alone. Weights have a scale for each output channel anyway; an activation tensor has
one scale for all its channels, and a quiet channel beside a loud one would keep two or three of its eight bits.
"""

import copy
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from recognizer.student import Residual, Student

LARGEST = 64.0  # no channel is made louder than this many times


@dataclass(frozen=True, slots=True)
class Stream:
    """Channels that share their factors. heard: modules whose outputs are these channels. makers: normalisations that
    make them. readers: convolutions, or the last linear layer, that read them."""

    heard: tuple[nn.Module, ...]
    makers: tuple[nn.BatchNorm2d, ...]
    readers: tuple[nn.Conv2d | nn.Linear, ...]


def equalised(student: Student, chips: Tensor, *, strength: float = 1.0) -> Student:
    """A copy that gives the same features with channels of equal range on these chips (N,3,S,S).

    strength: 1 makes ranges equal, 0 leaves them.
    """
    equal = copy.deepcopy(student).eval()
    for stream in streams(equal):
        loud = _loudness(equal, stream.heard, chips)  # (C,)
        factors = (loud.max() / loud.clamp_min(loud.max() / LARGEST)) ** strength
        _scale(stream, factors)
    return equal


def streams(student: Student) -> list[Stream]:
    """Every set of channels that may be scaled, from the chip to the features."""
    stages = [student.fine, student.coarse]
    entries = [*student.stem, student.fine, student.coarse, student.narrow]
    readers = [_conv(entry[0] if isinstance(entry[0], nn.Sequential) else entry) for entry in entries]
    found = [Stream((one,), (_norm(one),), (reader,)) for one, reader in zip(student.stem, readers[1:], strict=False)]
    for stage, reader in zip(stages, readers[-2:], strict=True):
        found += _of_stage(stage, reader)
    return [*found, Stream((student.narrow,), (_norm(student.narrow),), (student.out,))]


def _of_stage(stage: nn.Sequential, reader: nn.Conv2d) -> Iterator[Stream]:
    """The channels inside each residual block, then those that run through all its sums."""
    blocks = [module for module in stage if isinstance(module, Residual)]
    for block in blocks:
        yield Stream((block.first,), (_norm(block.first),), (_conv(block.second),))
    heard = (stage[0], *blocks, *(block.second for block in blocks))
    makers = (_norm(stage[0]), *(_norm(block.second) for block in blocks))
    yield Stream(heard, makers, (*(_conv(block.first) for block in blocks), reader))


@torch.no_grad()
def _loudness(student: Student, heard: Iterable[nn.Module], chips: Tensor) -> Tensor:
    """The largest magnitude of each channel (C,) in the outputs of these modules."""
    peaks: list[Tensor] = []
    with _listening(heard, lambda output: peaks.append(output.abs().amax(dim=(0, 2, 3)))):
        student(chips)
    return torch.stack(peaks).amax(dim=0)


@contextmanager
def _listening(modules: Iterable[nn.Module], tell: Callable[[Tensor], None]) -> Iterator[None]:
    hooks = [module.register_forward_hook(lambda _module, _inputs, output: tell(output)) for module in modules]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


@torch.no_grad()
def _scale(stream: Stream, factors: Tensor) -> None:
    for maker in stream.makers:
        maker.weight.mul_(factors)
        maker.bias.mul_(factors)
    for reader in stream.readers:
        if isinstance(reader, nn.Linear):  # each channel is a run of flattened positions
            reader.weight.div_(factors.repeat_interleave(reader.in_features // len(factors)))
        else:
            reader.weight.div_(factors[None, :, None, None])


def _conv(module: nn.Module) -> nn.Conv2d:
    return next(part for part in module.modules() if isinstance(part, nn.Conv2d))


def _norm(module: nn.Module) -> nn.BatchNorm2d:
    return next(part for part in module.modules() if isinstance(part, nn.BatchNorm2d))
