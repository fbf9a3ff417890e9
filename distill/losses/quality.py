"""The length of a feature as a quality estimate: how near the student is to the teacher, told by the student itself."""

from torch import Tensor
from torch.nn.functional import mse_loss, normalize


def quality(features: Tensor, targets: Tensor) -> Tensor:
    """Squared error between length / (1 + length) and the cosine reached. features: (N,D) raw; targets: (N,D) unit."""
    length = features.norm(dim=1)
    reached = (normalize(features.detach()) * targets).sum(dim=1).clamp(0, 1)
    return mse_loss(length / (1 + length), reached)
