"""Chooses among the fits of a last layer, on visitors whom none of them has learnt from and who do not measure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float32, Float64, Index, Mask
from distill.progress import Progress
from distill.site.fit import Choice, Sums, calm, choices, solve, with_one
from distill.site.last_layer import LastLayer
from distill.site.measure import SIZES_PX, different_people, index_of
from distill.site.pictures import enrol, fit_all
from distill.site.split import Limits
from distill.site.trial import Reader
from distill.site.views import Views
from distill.site.visits import Pair
from recognizer.preprocess import l2_normalise
from recognizer.spec import ChipSpec

SCALE = 1.6  # of scores, whose standard deviation among different people is 1


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The best fit: its weight (D,F), its bias (D,), and what made it; None: the layer as it was is the best.

    loss, loss_before: of the choosing visitors.
    """

    weight: Float64
    bias: Float64
    choice: Choice | None
    loss: float
    loss_before: float


class Jury:
    """The pairs that choose: inputs of the last layer for their far looks, and what was read of the enrolled ones."""

    def __init__(self, reader: Reader, layer: LastLayer, spec: ChipSpec, pairs: Sequence[Pair], limits: Limits) -> None:
        """reader: the shipped recogniser; its cohort normalises scores, as it does when people are named."""
        looks = [(row, look) for row, one in enumerate(pairs) for look in one.looks if look.px <= limits.far_px]
        self._owners: Index = np.array([row for row, _ in looks])
        self._heights = np.array([look.px for _, look in looks])
        self._inputs = with_one(layer.inputs(fit_all([look.picture for _, look in looks], spec.size)))
        self._near: Float32 = enrol(reader.recognizer, [one.enrolled for one in pairs])
        self._other = different_people(self._near)
        self._index = index_of(reader.recognizer, self._near, reader.cohort)

    def loss(self, weight: Float64) -> float:
        """How unsurely far templates find their own near vector, with a weight and bias (D,F+1).

        The mean cross-entropy, size by size, of scores whose standard deviation among different people is 1: so it
        does not matter how large scores are.
        """
        vectors = l2_normalise(self._inputs @ weight.T)
        bands = [(self._heights > least) & (self._heights <= most) for least, most in SIZES_PX]
        return float(np.mean([self._loss(vectors, band) for band in bands if band.any()]))

    def _loss(self, vectors: Float32, band: Mask) -> float:
        templates = np.zeros_like(self._near)
        np.add.at(templates, self._owners[band], vectors[band] * self._heights[band, None] ** 2)
        seen = np.flatnonzero(templates.any(axis=1))
        scores = self._index.search(l2_normalise(templates[seen])).scores.astype(np.float64)
        logits = SCALE * scores / max(float(scores[self._other[seen]].std()), 1e-6)
        own = np.arange(len(self._near)) == seen[:, None]
        logits = np.where(self._other[seen] | own, logits, -np.inf)  # perhaps the same person: neither right nor wrong
        largest = logits.max(axis=1, keepdims=True)
        total = np.log(np.exp(logits - largest).sum(axis=1)) + largest[:, 0]
        return float(np.mean(total - logits[np.arange(len(seen)), seen]))


def choose(layer: LastLayer, views: Views, jury: Jury) -> Chosen:
    """Fit the layer with every choice and take the one of the least loss; the layer as it was is one of them."""
    sums = _sum(layer, views)
    before = np.hstack([layer.weight, layer.bias[:, None]])
    best, found, lowest = before, None, (loss_before := jury.loss(before))
    asked = list(choices(sums[0]))
    with Progress("fit", unit="fits", total=len(asked)) as progress:
        for done, choice in enumerate(asked, 1):
            weight = _fit(before, sums, views, choice)
            if (loss := jury.loss(weight)) < lowest:
                best, found, lowest = weight, choice, loss
            progress.update(done)
    return Chosen(best[:, :-1], best[:, -1], found, lowest, loss_before)


def _fit(before: Float64, sums: tuple[Sums, Sums, Sums], views: Views, choice: Choice) -> Float64:
    weight = before + solve(*sums, choice)
    if choice.floor is None:
        return weight
    inputs, targets = (views.real, views.real_targets) if choice.real_share else (views.made, views.made_targets)
    return calm(weight, with_one(inputs), targets, choice.floor)


def _sum(layer: LastLayer, views: Views) -> tuple[Sums, Sums, Sums]:
    real, made, kept = (Sums(layer.weight.shape[1], len(layer.weight)) for _ in range(3))
    for sums, inputs, targets in ((real, views.real, views.real_targets), (made, views.made, views.made_targets)):
        if len(inputs):
            sums.add(inputs, targets - (inputs @ layer.weight.T + layer.bias))
    kept.add(views.kept)
    return real, made, kept
