"""Classification of the people with names: additive cosine margin (Wang et al., CosFace, CVPR 2018)."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize


def classification(features: Tensor, centres: Tensor, people: Tensor, *, scale: float, margin: float) -> Tensor:
    """Cross entropy of scale · (cosine - margin at the own person) over the rows of known people.

    features: (N,D) raw. centres: (C,D) raw, trained. people: int64 (N,), -1 if unknown. 0 if all are unknown.
    """
    known = people >= 0
    if not known.any():
        return (features.sum() + centres.sum()) * 0  # DDP needs a gradient of every parameter
    logits = normalize(features[known]) @ normalize(centres).T  # (K,C)
    own = torch.nn.functional.one_hot(people[known], len(centres)).to(logits.dtype)
    return cross_entropy(scale * (logits - margin * own), people[known])
