"""The gallery as corrections of a history change it: composed of the gallery's file and the checks of enrolment."""

from collections.abc import Callable
from functools import singledispatchmethod
from pathlib import Path

import cv2
import numpy as np

from configs.at_rest import KeyNeededError
from detectors.arrays import Image
from detectors.pictures import decode_picture
from pipeline.history.corrections.gallery_work import (
    Enrol,
    GalleryWork,
    Mark,
    Merge,
    Rename,
    Split,
    Unmark,
    Withdraw,
)
from recognizer.gallery.database import Place, may_exist
from recognizer.gallery.enroll import Enroller, Outcome
from recognizer.gallery.enroll import Verdict as EnrolmentVerdict
from recognizer.gallery.folders import Photo
from recognizer.gallery.index import OtherModelError, RefusedError
from recognizer.gallery.negatives import Negative
from recognizer.gallery.store import Gallery
from recognizer.preprocess import l2_normalise

NOT_YET_OVERWRITTEN = "another process reads the gallery: bytes of the erased face stay until somebody is erased again"


class GalleryOfHistory:
    """Implements `pipeline.history.corrections.gallery_work.People`.

    enroller: opened when somebody is enrolled for the first time.
    Any call raises ValueError for a file that is no gallery, or is in use, and OSError where it cannot be written.
    """

    def __init__(self, path: Place, enroller: Callable[[], Enroller]) -> None:
        self._path, self._enroller = path, enroller

    def names(self) -> list[str]:
        """Everybody enrolled; nobody while there is no file."""
        if not may_exist(self._path):
            return []
        with Gallery(self._path, read_only=True) as gallery:
            return [person.name for person in gallery.people()]

    def digests(self, name: str) -> list[str]:
        """SHA-256 of the pictures of a person; empty for somebody who is not enrolled."""
        if not may_exist(self._path):
            return []
        with Gallery(self._path, read_only=True) as gallery:
            return gallery.digests(name)

    def enrolled_from(self, source: str) -> str | None:
        """For whom a face of this source is enrolled; None for nobody."""
        if not may_exist(self._path):
            return None
        with Gallery(self._path, read_only=True) as gallery:
            return gallery.owner_of_source(source)

    def marked(self, name: str) -> list[str]:
        """Sources of the tracks that are kept as not this person."""
        if not may_exist(self._path):
            return []
        with Gallery(self._path, read_only=True) as gallery:
            return [negative.source for person, negative in gallery.negatives() if person == name]

    @singledispatchmethod
    def do(self, work: GalleryWork) -> str:
        """Do some work; returns why it was not done, or nothing. What the gallery never takes is not tried again."""
        raise TypeError(f"work: expected one of a correction, got {type(work).__name__}")

    @do.register
    def _(self, work: Mark) -> str:
        if work.person not in self.names():
            return f"{work.person} is not enrolled: only the past is corrected"
        with Gallery(self._path) as gallery:
            if gallery.model_id != work.model_id:
                return "the track's template is of another recogniser than the gallery: only the past is corrected"

            def mark() -> None:
                vector = l2_normalise(np.frombuffer(work.vector, "<f2").astype(np.float32)[None])[0]
                gallery.mark(work.person, Negative(vector, work.source), model_id=work.model_id)

            return _unless_refused(mark)

    @do.register
    def _(self, work: Unmark) -> str:
        if work.person in self.names():
            with Gallery(self._path) as gallery:
                return _unless_refused(lambda: gallery.unmark(work.person, work.source))
        return ""

    @do.register
    def _(self, work: Rename) -> str:
        names = self.names()
        if work.person not in names:
            return ""
        if work.new in names:
            return f"{work.new} is enrolled: the gallery still has {work.person} too"
        with Gallery(self._path) as gallery:
            return _unless_refused(lambda: gallery.rename(work.person, work.new))

    @do.register
    def _(self, work: Merge) -> str:
        names = self.names()
        if work.person not in names:
            return ""
        with Gallery(self._path) as gallery:
            change = gallery.merge if work.into in names else gallery.rename
            return _unless_refused(lambda: change(work.person, work.into))

    @do.register
    def _(self, work: Split) -> str:
        here, theirs = set(self.digests(work.into)), set(work.faces)
        if work.person in self.names() or not here & theirs:
            return ""
        with Gallery(self._path) as gallery:
            if here <= theirs:
                return _unless_refused(lambda: gallery.rename(work.into, work.person))
            return _unless_refused(
                lambda: gallery.split(work.into, work.person, faces=work.faces, negatives=work.negatives)
            )

    @do.register
    def _(self, work: Enrol) -> str:
        crop = decode_picture(work.crop) if work.crop else None
        if crop is None:
            return "not enrolled: no crop of the track is kept"
        photo = Photo(Path(), work.person, work.source, pixels=at_its_size(crop, work.px))
        with Gallery(self._path, create=True) as gallery:
            try:
                [outcome] = self._enroller().enroll_photos([photo], gallery)
            except (RefusedError, OtherModelError) as error:
                return f"not enrolled: {error}"
        return _told(outcome)

    @do.register
    def _(self, work: Withdraw) -> str:
        if self.enrolled_from(work.source) != work.person:
            return ""
        with Gallery(self._path) as gallery:
            try:
                if len(gallery.digests(work.person)) == 1:
                    gallery.erase(work.person)
                else:
                    gallery.remove_face(work.person, work.source)
            except TimeoutError:
                return NOT_YET_OVERWRITTEN
        return ""


def at_its_size(crop: Image, px: float) -> Image:
    """A crop, BGR uint8 (S,S,3), that was enlarged, reduced to what the camera saw. px: face height there, pixels.

    An aligned crop is about as wide as its face is high (`python -m benchmarks.track_similarity`).
    """
    side = max(round(px), 1)
    if side >= len(crop):
        return crop
    return np.asarray(cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _unless_refused(change: Callable[[], object]) -> str:
    """Change a gallery; returns why it refuses that whenever it is tried, and raises what another try may overcome.

    What the gallery refuses for good must not stay: the work behind it would wait for ever.
    """
    try:
        change()
    except KeyNeededError:
        raise
    except (KeyError, ValueError) as error:
        if error.__cause__ is not None:  # of the database: in use, or damaged
            raise
        return f"not done in the gallery: {error.args[0]}; only the past is corrected"
    return ""


def _told(outcome: Outcome) -> str:
    if outcome.verdict is EnrolmentVerdict.REFUSED:
        return f"not enrolled: {outcome.reason}"
    return f"enrolled; {outcome.warning}" if outcome.warning else ""
