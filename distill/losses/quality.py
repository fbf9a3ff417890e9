"""Quality: the length of a feature learns to predict its cosine to the teacher's."""

from torch import Tensor
from torch.nn.functional import mse_loss, normalize


def quality(features: Tensor, targets: Tensor) -> Tensor:
    """Mean squared error between length / (1 + length) and that cosine. features: (N,D) raw; targets: (N,D) unit."""
    length = features.norm(dim=1)
    cosine = (normalize(features.detach()) * targets).sum(dim=1).clamp(0, 1)
    return mse_loss(length / (1 + length), cosine)
