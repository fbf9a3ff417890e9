"""Relations: matches the cosines between the faces of a batch to the teacher's.

After Park et al., "Relational Knowledge Distillation" (CVPR 2019), with cosines in place of distances and angles.
"""

from torch import Tensor, eye
from torch.nn.functional import normalize


def relational(features: Tensor, targets: Tensor) -> Tensor:
    """Mean squared difference of the cosines between different rows. features: (N,D) raw; targets: (N,E) unit rows.

    Raises ValueError for fewer than two rows.
    """
    count = len(features)
    if count < 2:
        raise ValueError(f"relational: expected at least 2 rows, got {count}")
    unit = normalize(features)
    difference = (unit @ unit.T - targets @ targets.T).square()  # (N,N)
    others = 1 - eye(count, device=features.device, dtype=difference.dtype)
    return (difference * others).sum() / (count * (count - 1))
