"""The weighted losses of one step. A loss with weight 0 is not computed."""

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from distill.config import LossSettings
from distill.losses.centre import centre_margin, update_centres
from distill.losses.classification import classification
from distill.losses.instance import instance
from distill.losses.quality import quality
from distill.losses.queue import TargetQueue
from distill.losses.regression import regression
from distill.losses.relational import relational


class Losses(nn.Module):
    """The losses with their state: trained class centres, the teacher's, and a queue of earlier targets.

    classes: number of known people. dim: length of a feature. `learnt` and `taught` are keys of shipped checkpoints.
    """

    def __init__(self, settings: LossSettings, classes: int, dim: int) -> None:
        super().__init__()
        self.settings = settings
        self.learnt = nn.Parameter(normalize(torch.randn(max(classes, 1), dim)), requires_grad=False)
        self.learnt.requires_grad_(bool(classes and settings.classification))
        self.taught: Tensor
        self.register_buffer("taught", normalize(torch.randn(max(classes, 1), dim)))
        self.queue = TargetQueue(settings.queue_size, dim)

    def forward(self, features: Tensor, targets: Tensor, people: Tensor) -> dict[str, Tensor]:
        """Return every weighted loss by its name.

        features: (N,D) raw. targets: (N,D) unit rows. people: int64 (N,), -1 if unknown.
        """
        weights = self.settings
        terms: dict[str, Tensor] = {}
        if weights.regression:
            terms["regression"] = weights.regression * regression(features, targets)
        if weights.relational:
            terms["relational"] = weights.relational * relational(features, targets)
        if weights.instance:
            terms["instance"] = weights.instance * self._instance(features, targets)
        if weights.classification:
            loss = classification(features, self.learnt, people, scale=weights.scale, margin=weights.margin)
            terms["classification"] = weights.classification * loss
        if weights.centre:
            terms["centre"] = weights.centre * self._centre(features, targets, people)
        if weights.quality:
            terms["quality"] = weights.quality * quality(features, targets)
        return terms

    def _instance(self, features: Tensor, targets: Tensor) -> Tensor:
        settings, queue = self.settings, self.queue
        queue.to(targets.device)
        loss = instance(
            features,
            targets,
            queue.rows,
            filled=queue.filled,
            scale=settings.scale,
            margin=settings.margin,
            same_person_cosine=settings.same_person_cosine,
        )
        queue.push(targets)
        return loss

    def _centre(self, features: Tensor, targets: Tensor, people: Tensor) -> Tensor:
        known = people >= 0
        if not known.any():
            return features.sum() * 0
        self.taught = update_centres(self.taught, features[known], targets[known], people[known])
        return centre_margin(
            features[known], self.taught, people[known], scale=self.settings.scale, margin=self.settings.margin
        )
