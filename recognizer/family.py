"""Several recognisers of one embedding space, each for its own face size.

A face goes to the smallest member whose `ChipSpec.largest_face_px` it does not exceed. By default a
member need not shrink a face by more than an eighth: enlarging a face loses nothing, shrinking does
(docs/training/results.md). A member that the next larger one surpasses before that says so with `max_face_px`.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from detectors.arrays import Chips, Float32
from recognizer.base import Readings, Recognizer
from recognizer.spec import MAX_SHRINK, ChipSpec


def choose_chip_size(sizes: Collection[int], face_px: float) -> int:
    """The smallest chip size that suits a face of this height; the largest of them for a larger face."""
    large_enough = [size for size in sizes if face_px <= MAX_SHRINK * size]
    return min(large_enough, default=max(sizes))


def choose_spec(specs: Collection[ChipSpec], face_px: float) -> ChipSpec:
    """The smallest spec that takes a face of this height; the largest of them for a larger face."""
    taking = [spec for spec in specs if face_px <= spec.largest_face_px]
    return min(taking, key=_size, default=max(specs, key=_size))


def hash_weights(files: Iterable[Path]) -> str:
    """The first 16 hex digits of the SHA-256 over the content of these files, in their order."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


class RecognizerFamily:
    """Implements `recognizer.base.Recognizer`; each face goes to the member that `choose_spec` chooses."""

    def __init__(self, members: Sequence[Recognizer], *, weights: str = "") -> None:
        """Join recognisers of one embedding space: those with one model id or one lineage.

        weights: `hash_weights` of the members' files, in order of chip size.
        Raises ValueError for no members, two members of one chip size, different dimensions or different spaces.
        """
        if not members:
            raise ValueError("family: expected at least one recogniser, got none")
        self._members = {member.spec_for(1).size: member for member in members}
        if len(self._members) < len(members):
            raise ValueError(f"family: expected one member per chip size, got {_sizes(members)}")
        if len({member.dim for member in members}) > 1:
            raise ValueError(f"family: expected one dimension, got {[member.dim for member in members]}")
        self._specs = [member.spec_for(1) for member in members]
        self.dim = members[0].dim
        self.model_id = _space(members)
        self.weights = weights

    @property
    def specs(self) -> list[ChipSpec]:
        """The chips of all members, the largest first."""
        return sorted(self._specs, key=_size, reverse=True)

    def member_for(self, face_px: float) -> Recognizer:
        """The member for a face of this height, in pixels."""
        return self._members[self.spec_for(face_px).size]

    def spec_for(self, face_px: float) -> ChipSpec:
        """The chip of the member for a face of this height, in pixels."""
        return choose_spec(self._specs, face_px)

    def read(self, chips: Chips) -> Readings:
        """Read BGR uint8 (N,S,S,3) with the member of chip size S. Raises ValueError where there is none."""
        size = chips.shape[1] if chips.ndim == 4 else 0
        member = self._members.get(size)
        if member is None:
            raise ValueError(f"chips: expected a size of {sorted(self._members)}, got {chips.shape}")
        return member.read(chips)

    def embed(self, chips: Chips) -> Float32:
        """The vectors that `read` gives, float32 (N,dim)."""
        return self.read(chips).vectors


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


def _size(spec: ChipSpec) -> int:
    return spec.size
