"""What the stage `label` has to make: one shard of labelled faces."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """One shard to make. kind: `real` or `mixed`. sharp: whether it gets sharp targets."""

    kind: str
    index: int
    sharp: bool
