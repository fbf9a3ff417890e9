"""The Muon optimiser: each step of a matrix is an orthogonal one, so that weak directions learn as fast as strong ones.

After Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024), with the size of a step matched
to AdamW's (Liu et al., "Muon is scalable for LLM training", 2025). A convolution is one matrix: output channels by
everything that they read. Muon of torch itself accepts no convolutions, and it multiplies in bf16, which takes longer
than the rest of a student's step on a CPU without bf16 units.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the quintic whose iteration brings singular values near 1
ITERATIONS = 5
MOMENTUM = 0.95
ADAMW_STEP_RMS = 0.2  # root mean square of AdamW's usual step, in learning rates


class Muon(torch.optim.Optimizer):
    """For weights of two or more dimensions. Weight decay is decoupled, the momentum is Nesterov's."""

    def __init__(self, weights: Iterable[nn.Parameter], lr: float, *, weight_decay: float = 0.0) -> None:
        super().__init__(weights, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every weight that has a gradient. closure: not used."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._move(weight, group, self.state[weight])

    def _move(self, weight: Tensor, group: dict[str, Any], state: dict[str, Tensor]) -> None:
        assert weight.grad is not None
        mean = state.setdefault("mean", torch.zeros_like(weight))
        mean.lerp_(weight.grad, 1 - MOMENTUM)
        update = weight.grad.lerp(mean, MOMENTUM).flatten(1)  # (output channels, inputs of each)
        size = ADAMW_STEP_RMS * max(update.shape) ** 0.5
        weight.mul_(1 - group["lr"] * group["weight_decay"])
        weight.sub_(orthogonalise(update).view(weight.shape), alpha=group["lr"] * size)


def orthogonalise(matrix: Tensor) -> Tensor:
    """Bring the singular values of (M,N) to 0.7 to 1.2 and keep its singular vectors (Newton and Schulz)."""
    tall = matrix.shape[0] > matrix.shape[1]
    wide = matrix.T if tall else matrix
    x: Tensor = wide / wide.norm().clamp_min(1e-12)
    a, b, c = COEFFICIENTS
    for _ in range(ITERATIONS):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if tall else x
