"""Compares pooled evidence with the people in a gallery, which may change while it is watched.

A changed gallery is taken up between two frames, never within one, so all faces of a frame are compared with the same
people.
"""

import logging
import math
import sqlite3
from collections.abc import Hashable
from dataclasses import replace
from typing import Protocol

from configs.at_rest import KeyNeededError
from recognizer.base import Decision
from recognizer.calibration import Calibration
from recognizer.decide import DecisionRule, decide, describe_limits
from recognizer.evidence import Evidence
from recognizer.gallery.copies.freshness import Freshness
from recognizer.gallery.index import GalleryIndex, OtherModelError
from recognizer.lengths import least_length, length_weight
from recognizer.normalisation import Cohort

log = logging.getLogger(__name__)


class Matcher(Protocol):
    """Decides who a track is."""

    def decide(self, evidence: Evidence, previous: Decision | None) -> Decision: ...

    def use_rule(self, rule: DecisionRule) -> None:
        """Decide by another rule from now on."""
        ...

    def length_weight(self, length: float, face_px: float) -> float:
        """The part of a crop's weight that the length of its feature gives (`recognizer.lengths`)."""
        ...

    def face_likeness(self, length: float, face_px: float) -> float:
        """The length of a crop's feature, as a multiple of what all but one in a hundred faces of its size exceed."""
        ...

    def refresh(self) -> bool:
        """Take up a gallery that has changed; True when it had."""
        ...

    @property
    def people(self) -> int: ...

    @property
    def has_news(self) -> bool:
        """Whether a change waits to be taken up that must not wait for the next heartbeat."""
        ...

    @property
    def freshness(self) -> Freshness | None:
        """How new the people are that are searched; None where that is not known."""
        ...

    @property
    def knows_lengths(self) -> bool:
        """Whether the length of a feature can tell what is no face."""
        ...


class People(Protocol):
    """A gallery in a file or in a database, as the matcher needs it."""

    def version(self) -> Hashable: ...

    def index(self, model_id: str, cohort: Cohort | None = None) -> GalleryIndex: ...

    @property
    def has_news(self) -> bool: ...

    def freshness(self) -> Freshness | None: ...

    def close(self) -> None: ...


class _OtherLengthError(ValueError):
    """The gallery that was read holds vectors that the recogniser does not make."""


class GalleryMatcher:
    """Implements `Matcher` with a gallery, a decision rule and a calibration."""

    def __init__(
        self,
        people: People,
        model_id: str,
        *,
        rule: DecisionRule,
        calibration: Calibration,
        cohort: Cohort | None = None,
        dim: int = 0,
    ) -> None:
        """dim: numbers in a vector of the model; 0: any.

        Raises ValueError when the gallery holds vectors of another model, or of another length.
        """
        self._people = people
        self._model_id = model_id
        self._rule = rule
        self._calibration = calibration
        self._cohort = cohort
        self._dim = dim
        self._unreadable = self._said_stale = False
        self._version = people.version()
        self._index = GalleryIndex.empty(model_id)
        self._limits = ""
        self._index = self._read_index()
        self._say_limits()

    def use_rule(self, rule: DecisionRule) -> None:
        """Decide by another rule from now on."""
        self._rule = rule
        self._say_limits()

    def decide(self, evidence: Evidence, previous: Decision | None) -> Decision:
        """Who this evidence speaks for now; nobody while the people may be outdated."""
        freshness = self._people.freshness()
        if freshness and freshness.is_stale:
            nobody = decide(evidence, GalleryIndex.empty(self._model_id), self._rule, self._calibration)
            return replace(nobody, reasons=(_why_stale(freshness),))
        return decide(evidence, self._index, self._rule, self._calibration, previous=previous)

    def length_weight(self, length: float, face_px: float) -> float:
        """The part of a crop's weight that the length of its feature gives, by what the calibration measured."""
        return length_weight(self._calibration.lengths, length, face_px)

    def face_likeness(self, length: float, face_px: float) -> float:
        """The same multiple; infinite where no lengths were measured, since then nothing speaks against a face."""
        least = least_length(self._calibration.lengths, face_px)
        return length / least if least and math.isfinite(length) else math.inf

    @property
    def knows_lengths(self) -> bool:
        """Whether the calibration holds lengths."""
        return bool(self._calibration.lengths)

    def refresh(self) -> bool:
        """Take up a gallery that has changed; True when it had.

        Neither must end a watch: a gallery that cannot be read is logged once, and the people known so far stay; one of
        another model, of vectors of another length, or sealed with another key, is logged once, and nobody is named,
        since nobody can tell who is still enrolled.
        """
        changed = self._refresh()
        self._say_staleness()
        return changed

    def _refresh(self) -> bool:
        try:
            version = self._people.version()
            if version == self._version:
                return False
            index = self._read_index()
        except OtherModelError:
            index = GalleryIndex.empty(self._model_id)
            log.error(
                "gallery: now holds vectors of another model than %s: nobody is named; restart with that recogniser, or"
                " put back a gallery of this one",
                self._model_id,
            )
        except _OtherLengthError as error:  # it has been taken up: whom it no longer holds must not be named
            index = GalleryIndex.empty(self._model_id)
            log.error("gallery: %s: nobody is named until it holds such vectors", error)
        except KeyNeededError as error:
            index = GalleryIndex.empty(self._model_id)
            log.error("%s; nobody is named until the file can be read or this is started with the key", error)
        except (OSError, ValueError, sqlite3.Error) as error:
            return self._keep_people(str(error))
        self._index, self._version, self._unreadable = index, version, False
        self._say_limits()
        return True

    def _read_index(self) -> GalleryIndex:
        index = self._people.index(self._model_id, self._cohort)
        if self._dim and len(index) and index.vectors.shape[1] != self._dim:
            got = index.vectors.shape[1]
            raise _OtherLengthError(f"expected vectors of {self._dim} numbers, as the recogniser makes them, got {got}")
        return index if index.cohort is self._cohort else index.against(self._cohort, before=self._index)

    def _say_limits(self) -> None:
        """Log where this gallery is too large for the asked rate, and who is expected but not enrolled; once each."""
        said = " ".join(
            sentence for sentence in describe_limits(self._index, self._rule, self._calibration) if sentence
        )
        if said and said != self._limits:
            log.warning("gallery: %s", said)
        self._limits = said

    def _keep_people(self, reason: str) -> bool:
        """Log the reason unless one was logged since the gallery could last be read; False: nothing was taken up."""
        if not self._unreadable:
            log.error("gallery: %s; going on with the %d people known", reason, self.people)
        self._unreadable = True
        return False

    def _say_staleness(self) -> None:
        """Log once that nobody is named, and once that people are named again."""
        freshness = self._people.freshness()
        is_stale = bool(freshness and freshness.is_stale)
        if freshness and is_stale and not self._said_stale:
            log.error("gallery: %s, until it can be read again", _why_stale(freshness))
        if freshness and self._said_stale and not is_stale:
            log.warning("gallery: caught up with change %d; people are named again", freshness.number)
        self._said_stale = is_stale

    @property
    def people(self) -> int:
        """How many people are searched."""
        return len(self._index.people)

    @property
    def has_news(self) -> bool:
        """Whether a change waits to be taken up at once."""
        return self._people.has_news

    @property
    def freshness(self) -> Freshness | None:
        """How new the people are that are searched; None for a file, which is read each second."""
        return self._people.freshness()


class EmptyGallery:
    """The gallery of a run without one: everybody is unknown, and the reasons say so."""

    has_news = False

    def version(self) -> int:
        return 0

    def index(self, model_id: str, cohort: Cohort | None = None) -> GalleryIndex:
        return GalleryIndex.empty(model_id)

    def freshness(self) -> Freshness | None:
        return None

    def close(self) -> None:
        pass


def _why_stale(freshness: Freshness) -> str:
    return f"nobody is named: the gallery could not be confirmed for more than {freshness.max_age:g} s"
