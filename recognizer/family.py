"""Several recognisers of one embedding space, each for its own face size.

A face goes to the smallest one that need not shrink it by more than an eighth. Enlarging a face loses nothing;
shrinking does (docs/training/results.md).
"""

from collections.abc import Collection, Sequence

from detectors.arrays import Chips, Float32
from recognizer.base import Recognizer
from recognizer.spec import ChipSpec

MAX_SHRINK = 1.125  # a face up to this many times the chip size still goes to it


def choose_chip_size(sizes: Collection[int], face_px: float) -> int:
    """The smallest chip size that suits a face of this height; the largest of them for a larger face."""
    large_enough = [size for size in sizes if face_px <= MAX_SHRINK * size]
    return min(large_enough, default=max(sizes))


class RecognizerFamily:
    """Implements `recognizer.base.Recognizer`; each face goes to the member that `choose_chip_size` chooses."""

    def __init__(self, members: Sequence[Recognizer]) -> None:
        """Join recognisers of one embedding space: those with one model id or one lineage.

        Raises ValueError for no members, two members of one chip size, different dimensions or different spaces.
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
        """The chip of the member for a face of this height, in pixels."""
        return self._members[choose_chip_size(self._members, face_px)].spec_for(face_px)

    def embed(self, chips: Chips) -> Float32:
        """Embed BGR uint8 (N,S,S,3) with the member of chip size S. Raises ValueError where there is none."""
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
