"""The terms of one step, weighted. A weight of 0 leaves a term out and costs nothing."""

from torch import Tensor

from distill.config import LossSettings
from distill.losses.instance import instance
from distill.losses.quality import quality
from distill.losses.regression import regression
from distill.losses.relational import relational


def losses(features: Tensor, targets: Tensor, settings: LossSettings) -> dict[str, Tensor]:
    """Every term that has a weight, weighted, by name. features: (N,D) raw; targets: (N,D) unit rows."""
    terms: dict[str, Tensor] = {}
    if settings.regression:
        terms["regression"] = settings.regression * regression(features, targets)
    if settings.relational:
        terms["relational"] = settings.relational * relational(features, targets)
    if settings.instance:
        loss = instance(features, targets, scale=settings.scale, margin=settings.margin)
        terms["instance"] = settings.instance * loss
    if settings.quality:
        terms["quality"] = settings.quality * quality(features, targets)
    return terms
