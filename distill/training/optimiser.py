"""How weights move: AdamW, or Muon for convolutions and last layers with AdamW for the rest."""

from collections.abc import Iterable
from typing import Any, Protocol

import torch
from torch import nn

from distill.training.muon import Muon

State = dict[str, Any]


class Moved(Protocol):
    """The settings of whatever is trained, as in StudentSettings."""

    @property
    def optimiser(self) -> str: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def weight_decay(self) -> float: ...


class Optimiser:
    """One or two of torch's optimisers behind the four calls a training needs."""

    def __init__(self, student: nn.Module, losses: nn.Module, settings: Moved) -> None:
        muon = settings.optimiser == "muon"
        matrices = [one for one in student.parameters() if muon and one.ndim > 1]
        rest = [one for one in student.parameters() if not (muon and one.ndim > 1)]
        rest += [one for one in losses.parameters() if one.requires_grad]
        rate, decay = settings.learning_rate, settings.weight_decay
        self._parts: list[torch.optim.Optimizer] = [torch.optim.AdamW(rest, rate, weight_decay=decay, fused=True)]
        if muon:
            self._parts.append(Muon(matrices, rate, weight_decay=decay))

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for part in self._parts:
            part.zero_grad(set_to_none=True)

    def step(self, learning_rate: float) -> None:
        """Move every weight by its gradient."""
        for part in self._parts:
            for group in part.param_groups:
                group["lr"] = learning_rate
            part.step()

    def state_dict(self) -> list[State]:
        """The states of the parts, for a checkpoint."""
        return [part.state_dict() for part in self._parts]

    def load_state_dict(self, states: Iterable[State]) -> None:
        """Go on from a checkpoint of the same parts. Raises ValueError for others."""
        for part, state in zip(self._parts, states, strict=True):
            part.load_state_dict(state)
