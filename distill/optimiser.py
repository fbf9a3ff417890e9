"""How weights move: AdamW, or Muon for the convolutions and the last layer with AdamW for the rest.

The surprising decision: a convolution is to Muon one matrix, its output channels by all it reads. Its orthogonal steps
(Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024) use every direction of a small student
equally, where Adam's first follow the strongest few.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from distill.config import StudentSettings

State = dict[str, Any]


class Optimiser:
    """One or two of torch's optimisers behind the four calls a training needs."""

    def __init__(self, student: nn.Module, losses: nn.Module, settings: StudentSettings) -> None:
        self._learnt = [one for one in (*student.parameters(), *losses.parameters()) if one.requires_grad]
        muon = settings.optimiser == "muon"
        self._matrices = [one for one in student.parameters() if muon and one.ndim > 1]
        self._flat = [nn.Parameter(_view(one.data)) for one in self._matrices]
        rest = [one for one in self._learnt if all(one is not matrix for matrix in self._matrices)]
        rate, decay = settings.learning_rate, settings.weight_decay
        self._parts: list[torch.optim.Optimizer] = [torch.optim.AdamW(rest, rate, weight_decay=decay, fused=True)]
        if muon:  # `match_rms_adamw`: one learning rate serves both
            found = torch.optim.Muon(self._flat, rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw")
            self._parts.append(found)

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for one in self._learnt:
            one.grad = None

    def step(self, learning_rate: float) -> None:
        """Move every weight by its gradient."""
        for flat, matrix in zip(self._flat, self._matrices, strict=True):
            flat.grad = None if matrix.grad is None else _rows(matrix.grad)
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


def _rows(weights: Tensor) -> Tensor:
    """(O,I,H,W) or (O,I) as (O, rest), in the order that weights lie in memory with the channels last."""
    return (weights.permute(0, 2, 3, 1) if weights.ndim == 4 else weights).reshape(len(weights), -1)


def _view(weights: Tensor) -> Tensor:
    """The same as a view: steps on a copy would be lost. Raises ValueError where only a copy could be had."""
    rows = _rows(weights)
    if rows.data_ptr() != weights.data_ptr():
        raise ValueError(f"optimiser: expected weights with their channels last, got strides {weights.stride()}")
    return rows
