"""How weights change in a step: AdamW or Muon, the schedule of the learning rate, and the EMA of the weights."""

from typing import Any, Protocol

import torch
from torch import Tensor, nn

from distill.training.muon import Muon


class OptimiserSettings(Protocol):
    """What an optimiser needs of a recipe."""

    @property
    def optimiser(self) -> str: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def weight_decay(self) -> float: ...


class Optimiser:
    """AdamW, or Muon for the network's convolutions and last layers with AdamW for all other weights."""

    def __init__(self, network: nn.Module, with_loss: nn.Module, settings: OptimiserSettings) -> None:
        """with_loss: holds the weights of the loss, if it has any, which AdamW trains; it may hold the network too."""
        self._name = settings.optimiser
        muon = self._name == "muon"
        known = set(network.parameters())
        weights = [weight for weight in network.parameters() if weight.requires_grad]
        matrices = [weight for weight in weights if muon and weight.ndim > 1]
        rest = [weight for weight in weights if not (muon and weight.ndim > 1)]
        rest += [weight for weight in with_loss.parameters() if weight.requires_grad and weight not in known]
        device, decay = weights[0].device, settings.weight_decay
        self._in_graph = device.type == "cuda"
        self._rate = torch.tensor(settings.learning_rate, device=device)  # a CUDA graph reads it at each replay
        adamw = torch.optim.AdamW(rest, self._rate, weight_decay=decay, fused=True, capturable=self._in_graph)
        self._parts: list[torch.optim.Optimizer] = [adamw]
        if muon:
            self._parts.append(Muon(matrices, self._rate, weight_decay=decay))

    def zero_grad(self) -> None:
        """Drop all gradients."""
        for part in self._parts:
            part.zero_grad(set_to_none=True)

    def set_learning_rate(self, rate: float) -> None:
        """Set the learning rate of the next steps."""
        self._rate.fill_(rate)

    def step(self) -> None:
        """Move every weight by its gradient."""
        for part in self._parts:
            part.step()

    def state_dict(self) -> dict[str, Any]:
        """The name of the optimiser and the states of its parts, for a checkpoint."""
        return {"name": self._name, "state": [part.state_dict() for part in self._parts]}

    def load_state_dict(self, found: dict[str, Any] | list[dict[str, Any]]) -> None:
        """Restore a checkpoint's state. That of another optimiser, or of other weights, is ignored: this starts afresh.

        Checkpoints before version 0.2 hold the states without a name. Raises ValueError if these do not fit.
        """
        name, states = (self._name, found) if isinstance(found, list) else (found["name"], found["state"])
        if name == self._name and [_count(state) for state in states] == [_count(p.state_dict()) for p in self._parts]:
            for part, state in zip(self._parts, states, strict=True):
                part.load_state_dict(state)
                for group in part.param_groups:
                    group["lr"] = self._rate
                    if "capturable" in group:  # the checkpoint may be from another kind of device
                        group["capturable"] = self._in_graph


def _count(state: dict[str, Any]) -> list[int]:
    """How many weights each group of an optimiser's state moves."""
    return [len(group["params"]) for group in state["param_groups"]]


def learning_rate_factor(samples: int, *, total: int, warmup: int, flat_fraction: float) -> float:
    """The factor of the learning rate, 0..1: linear to 1 over `warmup` samples, 1 until `flat_fraction` of `total`,
    then linear to 0.

    This is the warmup-stable-decay schedule (Hu et al., "MiniCPM", 2024). Unlike a cosine, its flat part does not
    depend on the total, so a training can be prolonged halfway.
    """
    if samples < warmup:
        return (samples + 1) / warmup
    decay_start = max(flat_fraction * total, warmup)
    if samples < decay_start:
        return 1.0
    return max(0.0, (total - samples) / max(total - decay_start, 1))


def ema_decay(limit: float, step: int) -> float:
    """The decay of the moving average at a step: it grows to `limit`, so that the random start is soon forgotten."""
    return min(limit, (1 + step) / (10 + step))


@torch.no_grad()
def update_ema(average: nn.Module, network: nn.Module, *, decay: Tensor) -> None:
    """Move the average by 1 - decay () towards the network, which has the same layers."""
    means = (*average.parameters(), *average.buffers())
    values = (*network.parameters(), *network.buffers())
    for mean, value in zip(means, values, strict=True):
        if value.is_floating_point():
            mean.lerp_(value, 1 - decay)
        else:
            mean.copy_(value)
