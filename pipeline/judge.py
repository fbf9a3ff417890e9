"""Holds what pooled evidence is compared with: the gallery's index, the rule and the calibration.

A gallery that another process changes is taken up between two frames, never within one, so the faces of one frame are
all judged by the same people.
"""

from typing import Protocol

from recognizer.base import Decision
from recognizer.calibration import Calibration
from recognizer.decide import DecisionRule, decide
from recognizer.evidence import Evidence
from recognizer.gallery.index import GalleryIndex


class People(Protocol):
    """A gallery on disk, as the judge needs it."""

    def version(self) -> int: ...

    def index(self, model_id: str) -> GalleryIndex: ...

    def close(self) -> None: ...


class GalleryJudge:
    """Decides by a gallery, which may grow while it is watched."""

    def __init__(self, people: People, model_id: str, *, rule: DecisionRule, calibration: Calibration) -> None:
        self._people = people
        self._model_id = model_id
        self._rule = rule
        self._calibration = calibration
        self._version = people.version()
        self._index = people.index(model_id)

    def decide(self, evidence: Evidence, previous: Decision | None) -> Decision:
        """Who this evidence speaks for now."""
        return decide(evidence, self._index, self._rule, self._calibration, previous=previous)

    def refresh(self) -> bool:
        """Take up a changed gallery; True when it had changed."""
        version = self._people.version()
        if version == self._version:
            return False
        self._version = version
        self._index = self._people.index(self._model_id)
        return True

    @property
    def people(self) -> int:
        """How many people are searched."""
        return len(self._index.people)


class Nobody:
    """The gallery of a run that was given none: everybody is unknown, and the reasons say so."""

    def version(self) -> int:
        return 0

    def index(self, model_id: str) -> GalleryIndex:
        return GalleryIndex.empty(model_id)

    def close(self) -> None:
        pass
