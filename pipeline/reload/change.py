"""A change of what runs, on its way to the engine's thread, which alone may make it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pipeline.events import Event


@dataclass(frozen=True, slots=True)
class Change:
    """apply: makes the change, between two frames; returns the events that follow from it. Must not wait."""

    apply: Callable[[], Iterable[Event]]
