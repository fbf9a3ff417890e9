"""The Muon optimiser: each step of a matrix is an orthogonal one, so that weak directions learn as fast as strong ones.

After Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024), with the size of a step matched
to AdamW's (Liu et al., "Muon is scalable for LLM training", 2025). A convolution is one matrix: output channels by
everything that they read. Matrices of one shape are orthogonalised in one batch. Muon of torch itself accepts no
convolutions, and it multiplies in bf16, which takes longer than the rest of a student's step on a CPU without bf16
units.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the quintic whose iteration brings singular values near 1
ITERATIONS = 5
MOMENTUM = 0.95
ADAMW_STEP_RMS = 0.2  # root mean square of AdamW's usual step, in learning rates


class Muon(torch.optim.Optimizer):
    """For weights of two or more dimensions. Weight decay is decoupled, the momentum is Nesterov's.

    lr: a number, or a tensor () that may change between the replays of a CUDA graph.
    """

    def __init__(self, weights: Iterable[nn.Parameter], lr: float | Tensor, *, weight_decay: float = 0.0) -> None:
        super().__init__(weights, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every weight that has a gradient. closure: not used."""
        for group in self.param_groups:
            same_shape: dict[tuple[int, int], list[Tensor]] = defaultdict(list)
            for weight in group["params"]:
                if weight.grad is not None:
                    same_shape[len(weight), weight[0].numel()].append(weight)
            for weights in same_shape.values():
                self._move(weights, group)

    def _move(self, weights: list[Tensor], group: dict[str, Any]) -> None:
        """Move weights that are matrices of one shape (M,N) when they are flattened."""
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        for weight in weights:
            if "mean" not in self.state[weight]:
                self.state[weight]["mean"] = torch.zeros_like(weight)
        means = [self.state[weight]["mean"] for weight in weights]
        torch._foreach_lerp_(means, gradients, 1 - MOMENTUM)
        updates = torch._foreach_lerp(gradients, means, MOMENTUM)
        moves = orthogonalise(torch.stack([update.flatten(1) for update in updates]))  # (weights, M, N)
        moves = moves * (group["lr"] * ADAMW_STEP_RMS * max(moves.shape[1:]) ** 0.5)
        torch._foreach_mul_(weights, 1 - group["lr"] * group["weight_decay"])
        torch._foreach_sub_(weights, [move.view(weight.shape) for move, weight in zip(moves, weights, strict=True)])


def orthogonalise(matrices: Tensor) -> Tensor:
    """Bring the singular values of (…,M,N) to 0.7 to 1.2 and keep the singular vectors (Newton and Schulz)."""
    tall = matrices.shape[-2] > matrices.shape[-1]
    wide = matrices.mT if tall else matrices
    x: Tensor = wide / wide.norm(dim=(-2, -1), keepdim=True).clamp_min(1e-12)
    a, b, c = COEFFICIENTS
    for _ in range(ITERATIONS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x
