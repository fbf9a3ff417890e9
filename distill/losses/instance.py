"""Classification without identities: each face of the batch is a class, and its centre is its teacher target.

The surprising decision: made-up faces have no names, and need none. To tell a face's own target from the others' is
the same exercise, and it spends the student's few parameters on what tells faces apart.
"""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize


def instance(
    features: Tensor, targets: Tensor, others: Tensor, *, scale: float, margin: float = 0.0, alike: float = 1.0
) -> Tensor:
    """Cross entropy over the batch, and over targets of earlier faces, of scale · (cosine - margin at the own target).

    features: (N,D) raw. targets: (N,D) unit rows. others: (M,D) unit rows, M may be 0. alike: a target this near to a
    face's own, as cosine, is the same person's or the same face's, and is not told apart. Earlier targets as
    negatives are a queue (He et al., "Momentum Contrast", CVPR 2020); a frozen teacher's do not grow old.
    """
    known = torch.cat([targets, others])
    own = torch.eye(len(targets), len(known), device=known.device, dtype=known.dtype)
    same = (targets @ known.T > alike) & (own == 0)
    logits = (normalize(features) @ known.T - margin * own).masked_fill(same, -torch.inf)
    return cross_entropy(scale * logits, torch.arange(len(targets), device=known.device))
