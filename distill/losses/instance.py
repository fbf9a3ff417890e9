"""Classification without identities: each face of the batch is a class, and its centre is its teacher target.

The surprising decision: made-up faces have no names, and need none. To tell a face's own target from the others' is
the same exercise, and it spends the student's few parameters on what tells faces apart.
"""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize


def instance(features: Tensor, targets: Tensor, *, scale: float, margin: float = 0.0) -> Tensor:
    """Cross entropy over the batch of scale · (cosine - margin at the own target).

    features: (N,D) raw. targets: (N,D) unit rows.
    """
    logits = normalize(features) @ targets.T  # (N,N)
    logits = logits - margin * torch.eye(len(logits), device=logits.device, dtype=logits.dtype)
    return cross_entropy(scale * logits, torch.arange(len(logits), device=logits.device))
