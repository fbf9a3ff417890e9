"""Trains the adaptation head by gradient descent: separates named people and preserves the teacher's relations."""

import numpy as np
import torch
from torch import Tensor, nn

from detectors.arrays import AnyArray, Int64
from distill.adapt.head import Head
from distill.config import AdaptSettings
from distill.losses.classification import classification
from distill.losses.relational import relational


def train_head(head: Head, features: AnyArray, people: Int64, settings: AdaptSettings, *, seed: int) -> Head:
    """Train the matrix of a head for `settings.steps`; its means stay. Deterministic for a seed.

    features: of the teacher (N,D). people: class numbers (N,), -1 for an unknown person.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    matrix = nn.Parameter(torch.from_numpy(head.matrix.copy()))
    centres = nn.Parameter(_centres(head, features, people))
    optimizer = torch.optim.Adam([matrix, centres], settings.learning_rate)
    for _ in range(settings.steps):
        rows = np.sort(rng.integers(0, len(features), settings.batch))
        centred = torch.from_numpy(np.asarray(features[rows], np.float32) - head.mean)  # (N,D)
        loss = _loss(centred, centred @ matrix, centres, torch.from_numpy(people[rows]), settings)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return Head(head.mean, head.low_mean, matrix.detach().numpy())


def _loss(centred: Tensor, compact: Tensor, centres: Tensor, people: Tensor, settings: AdaptSettings) -> Tensor:
    """Penalise changed cosines between faces (N,D) to (N,dim), and wrong classes of named people (N,)."""
    relations = settings.relational * relational(compact, nn.functional.normalize(centred))
    classes = classification(compact, centres, people, scale=settings.scale, margin=settings.margin)
    return relations + settings.classification * classes


def _centres(head: Head, features: AnyArray, people: Int64) -> Tensor:
    """Return each person's summed projected features (C,dim) as class centres; one zero row if nobody is known."""
    count = int(people.max(initial=-1)) + 1
    sums = np.zeros((max(count, 1), head.dim), np.float32)
    known = people >= 0
    np.add.at(sums, people[known], head(features[known]))
    return torch.from_numpy(sums)
