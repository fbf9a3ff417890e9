"""What the pages of one watch room have to do with: given by the command that starts them."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from starlette.requests import Request

from detectors.arrays import Float32
from pipeline.history.corrections.correction import Desk
from pipeline.history.journeys.join import Journey
from pipeline.history.reader import HistoryReader, TrackRow
from pipeline.secrets.redact import redact
from pipeline.settings.file.config_file import ConfigFile
from pipeline.settings.rooms.alerts import AlertRule
from pipeline.settings.rooms.film import FilmSettings
from pipeline.settings.rooms.history import HistorySettings
from pipeline.settings.rooms.web import WebSettings
from pipeline.web.api.parts import ApiParts
from pipeline.web.changes.flash import Flashes
from pipeline.web.clip_cache import ClipCache
from pipeline.web.enrolment import EnrolledFace, Enrolment
from pipeline.web.live.room import LiveRoom
from pipeline.web.range_map import Naming
from pipeline.web.security.audit import Audit
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

    def faces(self) -> Iterator[tuple[str, EnrolledFace]]:
        """Every photograph with its person's name, in order of enrolment."""
        ...

    @property
    def model_id(self) -> str:
        """The recogniser that read the photographs."""
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


def _keep_no_note(*, by: str, action: str, target: str, details: Mapping[str, str]) -> None:
    """A room without an audit log."""


@dataclass(frozen=True)
class Room:
    """One watch room. None stands for what it does not have: without `open_history` there is no past to show.

    open_history and open_gallery are called for each request, in its thread.  places: what errors are about, and must
    not be shown, such as the folder of the history.  config: the file of settings, if the page may change it.
    naming: what decides on names; may take seconds at first.  note: takes entries of the audit log.

    find_journey: where else the person of a track was; None: it is not asked for.
    open_desk: where a user of this name corrects.  alerts: file of alerts.  rules: of the alerts.
    """

    settings: WebSettings = field(default_factory=WebSettings)
    live: LiveRoom = field(default_factory=LiveRoom)
    open_history: Callable[[], HistoryReader] | None = None
    open_gallery: Callable[[], AbstractContextManager[People]] | None = None
    open_desk: Callable[[str], AbstractContextManager[Desk]] | None = None
    enrolment: Enrolment | None = None
    find_journey: Callable[[TrackRow], Journey | None] | None = None
    alerts: Path | None = None
    rules: Sequence[AlertRule] = ()
    models: SearchModels | None = None
    flashes: Flashes = field(default_factory=Flashes)
    keeps_unknowns: bool = False
    api: ApiParts = field(default_factory=ApiParts)
    config: ConfigFile | None = None
    naming: Callable[[], Naming] | None = None
    film: FilmSettings = field(default_factory=FilmSettings)
    past: HistorySettings = field(default_factory=HistorySettings)
    clips: ClipCache = field(default_factory=ClipCache)
    note: Audit = _keep_no_note
    clock: Callable[[], float] = time.time

    @contextmanager
    def history(self) -> Iterator[HistoryReader]:
        """The history, open for one request. Raises UnavailableError, also for errors while it is read."""
        if self.open_history is None:
            raise UnavailableError("This watch room keeps no history. Set history.file, and start it again.")
        with self.reading("history"), self.open_history() as reader:
            yield reader

    @contextmanager
    def gallery(self) -> Iterator[People]:
        """The gallery, open for one request. Raises UnavailableError."""
        if self.open_gallery is None:
            raise UnavailableError("This watch room has no gallery. Set gallery, and start it again.")
        with self.reading("gallery"), self.open_gallery() as people:
            yield people

    @contextmanager
    def reading(self, what: str) -> Iterator[None]:
        """Read something of this name. Raises UnavailableError in place of OSError and ValueError."""
        try:
            yield
        except (OSError, ValueError) as error:
            raise UnavailableError(f"The {what} cannot be read: {without_folders(str(error))}") from error

    @contextmanager
    def desk(self, by: str) -> Iterator[Desk]:
        """Where somebody corrects, open for one request. Raises UnavailableError where it cannot be opened."""
        if self.open_desk is None:
            raise UnavailableError("This watch room keeps no history, so nothing can be changed. Set history.file.")
        with ExitStack() as stack:
            with self.reading("history"):
                desk = stack.enter_context(self.open_desk(by))
            yield desk

    @contextmanager
    def alert_file(self) -> Iterator[Path]:
        """The file of alerts. Raises UnavailableError, also for errors while it is read."""
        if self.alerts is None:
            raise UnavailableError("This watch room has no alerts. Set alerts.file and rules, and start it again.")
        with self.reading("file of alerts"):
            yield self.alerts


def room_of(request: Request) -> Room:
    """The room that a request came into."""
    room: Room = request.app.state.room
    return room


def without_folders(text: str) -> str:
    """A sentence in which files have their names alone: where they lie is nobody's business in a browser."""
    words = (_name_alone(word) for word in redact(text).split(" "))
    return " ".join(words)


def _name_alone(word: str) -> str:
    bare = word.rstrip(":;,.)")
    return Path(bare).name + word[len(bare) :] if bare.startswith("/") else word
