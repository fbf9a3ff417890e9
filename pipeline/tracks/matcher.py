"""Holds what pooled evidence is compared with: the gallery's index, the rule and the calibration.

A gallery that another process changes is taken up between two frames, never within one, so the faces of one frame are
all judged by the same people.
"""

import logging
import sqlite3
from typing import Protocol

from recognizer.base import Decision
from recognizer.calibration import Calibration
from recognizer.decide import DecisionRule, decide
from recognizer.evidence import Evidence
from recognizer.gallery.index import GalleryIndex

log = logging.getLogger(__name__)


class People(Protocol):
    """A gallery on disk, as the judge needs it."""

    def version(self) -> int: ...

    def index(self, model_id: str) -> GalleryIndex: ...

    def close(self) -> None: ...


class GalleryMatcher:
    """Decides by a gallery, which may grow while it is watched."""

    def __init__(self, people: People, model_id: str, *, rule: DecisionRule, calibration: Calibration) -> None:
        self._people = people
        self._model_id = model_id
        self._rule = rule
        self._calibration = calibration
        self._broken = False
        self._version = people.version()
        self._index = people.index(model_id)

    def decide(self, evidence: Evidence, previous: Decision | None) -> Decision:
        """Who this evidence speaks for now."""
        return decide(evidence, self._index, self._rule, self._calibration, previous=previous)

    def refresh(self) -> bool:
        """Take up a changed gallery; True when it had changed.

        One that cannot be read is logged once and the people known so far stay: a damaged file must not end a watch.
        """
        try:
            version = self._people.version()
            if version == self._version:
                return False
            self._index = self._people.index(self._model_id)
        except (OSError, ValueError, sqlite3.Error) as error:
            if not self._broken:
                log.error("gallery: %s; going on with the %d people known", error, self.people)
            self._broken = True
            return False
        self._version, self._broken = version, False
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
