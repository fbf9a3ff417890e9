"""Trains the adaptation head on from its start: people apart where they have names, relations kept where not."""

import numpy as np
import torch
from torch import Tensor, nn

from detectors.arrays import AnyArray, Int64
from distill.adapt.head import Head
from distill.config import AdaptSettings
from distill.losses.classification import classification
from distill.losses.relational import relational


def train_head(head: Head, features: AnyArray, people: Int64, settings: AdaptSettings, *, seed: int) -> Head:
    """A head after `settings.steps` on teacher features (N,D) and people (N,), -1 for nobody known.

    Deterministic for a seed. The means stay: what is learnt is the matrix alone.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    matrix = nn.Parameter(torch.from_numpy(head.matrix.copy()))
    centres = nn.Parameter(_centres(head, features, people))
    optimizer = torch.optim.Adam([matrix, centres], settings.learning_rate)
    for _ in range(settings.steps):
        rows = np.sort(rng.integers(0, len(features), settings.batch))
        seen = torch.from_numpy(np.asarray(features[rows], np.float32) - head.mean)  # (N,D)
        loss = _loss(seen, seen @ matrix, centres, torch.from_numpy(people[rows]), settings)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return Head(head.mean, head.low_mean, matrix.detach().numpy())


def _loss(seen: Tensor, compact: Tensor, centres: Tensor, people: Tensor, settings: AdaptSettings) -> Tensor:
    """Relations as in the teacher's centred space, and a margin between the people with names."""
    kept = settings.relational * relational(compact, nn.functional.normalize(seen))
    apart = classification(compact, centres, people, scale=settings.scale, margin=settings.margin)
    return kept + settings.classification * apart


def _centres(head: Head, features: AnyArray, people: Int64) -> Tensor:
    """Each person's mean adapted feature (C,dim), to start from; one row of zeros where nobody is known."""
    count = int(people.max(initial=-1)) + 1
    sums = np.zeros((max(count, 1), head.dim), np.float32)
    known = people >= 0
    np.add.at(sums, people[known], head(features[known]))
    return torch.from_numpy(sums)
