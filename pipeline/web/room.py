"""What the pages of one watch room have to do with: given by the command that starts them."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from starlette.requests import Request

from detectors.arrays import Float32
from pipeline.history.reader import HistoryReader
from pipeline.secrets.redact import redact
from pipeline.settings.rooms.web import WebSettings
from pipeline.web.live.room import LiveRoom
from recognizer.calibration import Calibration
from recognizer.normalisation import Cohort


class UnavailableError(Exception):
    """History or gallery cannot be read now, or not at all; says why, without folders and passwords."""


class EnrolledPerson(Protocol):
    """Somebody of the gallery."""

    @property
    def name(self) -> str: ...

    @property
    def faces(self) -> int: ...

    @property
    def added_at(self) -> float: ...


class People(Protocol):
    """An open gallery, as `recognizer.gallery.store.Gallery` is."""

    def people(self) -> Sequence[EnrolledPerson]:
        """All enrolled people, sorted by name."""
        ...

    def portrait(self, name: str) -> bytes | None:
        """The stored picture of a person, WebP; None where none is kept."""
        ...


class SearchModels(Protocol):
    """What a search by face needs; opened when it is asked for first, which may take seconds."""

    @property
    def calibration(self) -> Calibration: ...

    @property
    def cohort(self) -> Cohort | None: ...

    def face_in(self, photograph: bytes) -> Float32:
        """The unit vector (D,) of the only face of a photograph. Raises ValueError with a sentence."""
        ...

    def faces_of(self, person: str) -> Float32:
        """The unit vectors (F,D) of somebody enrolled. Raises ValueError with a sentence."""
        ...


@dataclass(frozen=True)
class Room:
    """One watch room. None stands for what it does not have: without `open_history` there is no past to show.

    open_history and open_gallery are called for each request, in its thread.  places: what errors are about, and must
    not be shown, such as the folder of the history.
    """

    settings: WebSettings = field(default_factory=WebSettings)
    live: LiveRoom = field(default_factory=LiveRoom)
    open_history: Callable[[], HistoryReader] | None = None
    open_gallery: Callable[[], AbstractContextManager[People]] | None = None
    models: SearchModels | None = None
    keeps_unknowns: bool = False
    clock: Callable[[], float] = time.time

    @contextmanager
    def history(self) -> Iterator[HistoryReader]:
        """The history, open for one request. Raises UnavailableError, also for errors while it is read."""
        if self.open_history is None:
            raise UnavailableError("This watch room keeps no history. Set history.file, and start it again.")
        with _unavailable("history"), self.open_history() as reader:
            yield reader

    @contextmanager
    def gallery(self) -> Iterator[People]:
        """The gallery, open for one request. Raises UnavailableError."""
        if self.open_gallery is None:
            raise UnavailableError("This watch room has no gallery. Set gallery, and start it again.")
        with _unavailable("gallery"), self.open_gallery() as people:
            yield people


def room_of(request: Request) -> Room:
    """The room that a request came into."""
    room: Room = request.app.state.room
    return room


@contextmanager
def _unavailable(what: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise UnavailableError(f"The {what} cannot be read: {without_folders(str(error))}") from error


def without_folders(text: str) -> str:
    """A sentence in which files have their names alone: where they lie is nobody's business in a browser."""
    words = (_name_alone(word) for word in redact(text).split(" "))
    return " ".join(words)


def _name_alone(word: str) -> str:
    bare = word.rstrip(":;,.)")
    return Path(bare).name + word[len(bare) :] if bare.startswith("/") else word
