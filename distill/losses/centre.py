"""Classification against the teacher's class centres, which adapt to what the student has learnt (AdaDistill).

After Boutros, Struc, Damer, "AdaDistill: Adaptive Knowledge Distillation for Deep Face Recognition" (ECCV 2024): the
centre of a class is a running mean of the teacher's features. The weight of a new feature is the cosine between the
student's feature and the teacher's.
"""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize


def update_centres(centres: Tensor, features: Tensor, targets: Tensor, people: Tensor) -> Tensor:
    """Move centres (C,D) towards the targets (N,D) of their people (N,) by the student's cosine; rows stay unit."""
    share = (normalize(features.detach()) * targets).sum(dim=1).clamp(0, 1)  # (N,)
    moved = centres.clone()
    for row in range(len(people)):  # one by one: a person may occur several times in a batch
        person = people[row]
        moved[person] = torch.lerp(moved[person], targets[row], share[row])
    return normalize(moved)


def centre_margin(features: Tensor, centres: Tensor, people: Tensor, *, scale: float, margin: float) -> Tensor:
    """Cross entropy of scale · cos(angle + margin at the own centre) (Deng et al., ArcFace, CVPR 2019).

    features: (N,D) raw. centres: (C,D) unit rows, not trained. people: int64 (N,).
    """
    cosine = (normalize(features) @ centres.T).clamp(-1 + 1e-6, 1 - 1e-6)  # (N,C)
    own = torch.nn.functional.one_hot(people, len(centres)).bool()
    harder = torch.cos(torch.arccos(cosine) + margin)
    return cross_entropy(scale * torch.where(own, harder, cosine), people)
