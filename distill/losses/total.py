"""The terms of one step, weighted. A weight of 0 leaves a term out and costs nothing."""

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from distill.config import LossSettings
from distill.losses.centre import centre_margin, update_centres
from distill.losses.classification import classification
from distill.losses.instance import instance
from distill.losses.quality import quality
from distill.losses.regression import regression
from distill.losses.relational import relational


class Losses(nn.Module):
    """The terms and what they remember: the learnt class centres, the teacher's, and the targets of earlier faces.

    classes: how many people are known; dim: length of a feature.
    """

    def __init__(self, settings: LossSettings, classes: int, dim: int) -> None:
        super().__init__()
        self.settings = settings
        self.learnt = nn.Parameter(normalize(torch.randn(max(classes, 1), dim)), requires_grad=False)
        self.learnt.requires_grad_(bool(classes and settings.classification))
        self.taught: Tensor
        self.register_buffer("taught", normalize(torch.randn(max(classes, 1), dim)))
        self.earlier = torch.zeros(0, dim)  # no part of a checkpoint: some steps fill it again

    def forward(self, features: Tensor, targets: Tensor, people: Tensor) -> dict[str, Tensor]:
        """Every term that has a weight, weighted, by name.

        features: (N,D) raw. targets: (N,D) unit rows. people: int64 (N,), -1 for nobody known.
        """
        mine = self.settings
        terms: dict[str, Tensor] = {}
        if mine.regression:
            terms["regression"] = mine.regression * regression(features, targets)
        if mine.relational:
            terms["relational"] = mine.relational * relational(features, targets)
        if mine.instance:
            terms["instance"] = mine.instance * self._instance(features, targets)
        if mine.classification:
            loss = classification(features, self.learnt, people, scale=mine.scale, margin=mine.margin)
            terms["classification"] = mine.classification * loss
        if mine.centre:
            terms["centre"] = mine.centre * self._centre(features, targets, people)
        if mine.quality:
            terms["quality"] = mine.quality * quality(features, targets)
        return terms

    def _instance(self, features: Tensor, targets: Tensor) -> Tensor:
        mine, others = self.settings, self.earlier.to(targets.device)
        self.earlier = torch.cat([targets, others])[: mine.queue_size]
        return instance(features, targets, others, scale=mine.scale, margin=mine.margin, alike=mine.same_person_cosine)

    def _centre(self, features: Tensor, targets: Tensor, people: Tensor) -> Tensor:
        known = people >= 0
        if not known.any():
            return features.sum() * 0
        self.taught = update_centres(self.taught, features[known], targets[known], people[known])
        return centre_margin(
            features[known], self.taught, people[known], scale=self.settings.scale, margin=self.settings.margin
        )
