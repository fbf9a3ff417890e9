"""The running average of a network's weights, which is what gets tested and shipped."""

import torch
from torch import nn


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, *, step: int, ema: float) -> None:
    """Let the average come nearer by 1 - ema; faster in the first steps, which are soon forgotten then.

    Both have the same layers. step: how many have been made, from 0.
    """
    share = min(ema, (1 + step) / (10 + step))
    torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 1 - share)
    for mine, new in zip(average.buffers(), network.buffers(), strict=True):
        mine.copy_(torch.lerp(mine, new, 1 - share) if new.is_floating_point() else new)
