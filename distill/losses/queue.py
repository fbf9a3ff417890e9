"""The targets of earlier faces, as negatives of the instance loss (He et al., "Momentum Contrast", CVPR 2020)."""

import torch
from torch import Tensor


class TargetQueue:
    """A ring of the latest targets. All of its state are tensors that keep their places, so a CUDA graph can push.

    rows: float32 (size,dim). It is not part of a checkpoint: a few steps fill it again.
    """

    def __init__(self, size: int, dim: int) -> None:
        self.rows = torch.zeros(size, dim)
        self._places = torch.arange(size)
        self._pushed = torch.zeros((), dtype=torch.int64)

    def to(self, device: torch.device) -> None:
        """Move the state to the device of the targets; does nothing if it is there."""
        if self.rows.device != device:
            self.rows, self._places = self.rows.to(device), self._places.to(device)
            self._pushed = self._pushed.to(device)

    @property
    def filled(self) -> Tensor:
        """Which rows hold a target: bool (size,)."""
        return self._places < self._pushed

    def push(self, targets: Tensor) -> None:
        """Replace the oldest rows by targets (N,dim); of more than `size`, the first ones."""
        size = len(self.rows)
        new = targets.detach()[:size]
        if size:
            self.rows.index_copy_(0, (self._pushed + self._places[: len(new)]) % size, new)
            self._pushed += len(new)
