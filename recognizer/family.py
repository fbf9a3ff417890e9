"""Several students of one embedding space, each for its own face size: nothing is enlarged to fit a big model.

The surprising decision: a face goes to the student nearest in ratio, not in pixels. Resampling loses by ratio, and at
24 px the distances to 16 and 32 would otherwise tie.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recognizer.base import Recognizer
from recognizer.spec import ChipSpec

Float = NDArray[np.float32]
Chips = NDArray[np.uint8]


class RecognizerFamily:
    """Implements `recognizer.base.Recognizer` with the member whose chip is nearest the face."""

    def __init__(self, members: Sequence[Recognizer]) -> None:
        """Join recognisers of one space.

        Raises ValueError for no members, two of one chip size, unlike dimensions, or unlike spaces: members share a
        space when they have the same model id or the same lineage.
        """
        if not members:
            raise ValueError("family: expected at least one recogniser, got none")
        self._members = {member.spec_for(1).size: member for member in members}
        if len(self._members) < len(members):
            raise ValueError(f"family: expected one member per chip size, got {_sizes(members)}")
        if len({member.dim for member in members}) > 1:
            raise ValueError(f"family: expected one dimension, got {[member.dim for member in members]}")
        self.dim = members[0].dim
        self.model_id = _space(members)

    def spec_for(self, face_px: float) -> ChipSpec:
        """The chip of the student nearest in ratio to a face this high; the smaller one where two are as near."""
        wanted = math.log(max(face_px, 1.0))
        size = min(sorted(self._members), key=lambda size: abs(math.log(size) - wanted))
        return self._members[size].spec_for(face_px)

    def embed(self, chips: Chips) -> Float:
        """Embed BGR uint8 (N,S,S,3) with the student for S; raises ValueError when none takes that size."""
        size = chips.shape[1] if chips.ndim == 4 else 0
        member = self._members.get(size)
        if member is None:
            raise ValueError(f"chips: expected a size of {sorted(self._members)}, got {chips.shape}")
        return member.embed(chips)


def _space(members: Sequence[Recognizer]) -> str:
    ids = {member.model_id for member in members}
    lineages = {member.spec_for(1).lineage for member in members}
    if len(ids) == 1:
        return ids.pop()
    if len(lineages) == 1 and "" not in lineages:
        return lineages.pop()
    raise ValueError(f"family: expected one embedding space, got models {sorted(ids)} of lineages {sorted(lineages)}")


def _sizes(members: Sequence[Recognizer]) -> list[int]:
    return sorted(member.spec_for(1).size for member in members)
