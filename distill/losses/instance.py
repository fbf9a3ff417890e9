"""Classification without identities: each face of the batch is a class, and its centre is its teacher target.

It needs no names, so synthetic faces can be used.
"""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize


def instance(
    features: Tensor,
    targets: Tensor,
    queue: Tensor,
    *,
    filled: Tensor | None = None,
    scale: float,
    margin: float = 0.0,
    same_person_cosine: float = 1.0,
) -> Tensor:
    """Cross entropy of scale · (cosine - margin at the own target) over the targets of the batch and of the queue.

    features: (N,D) raw. targets: (N,D) unit rows. queue: (M,D) unit rows, targets of earlier faces; M may be 0.
    filled: bool (M,), which rows of the queue are in use; None: all.
    same_person_cosine: a target with a higher cosine to a face's own is no negative of it. The queue is that of He et
    al., "Momentum Contrast" (CVPR 2020); the targets of a frozen teacher stay valid.
    """
    known = torch.cat([targets, queue])
    left_out = targets @ known.T > same_person_cosine
    left_out.fill_diagonal_(fill_value=False)
    if filled is not None:
        left_out[:, len(targets) :] |= ~filled
    cosines = normalize(features) @ known.T
    if margin:
        cosines = cosines - margin * torch.eye(*cosines.shape, device=known.device)
    own = torch.arange(len(targets), device=known.device)
    return cross_entropy(scale * cosines.masked_fill(left_out, -torch.inf), own)
