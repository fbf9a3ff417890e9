"""Puts a watch room together from the settings: bus, history, gallery and models, each opened when it is asked for."""

from collections.abc import Callable
from contextlib import closing, nullcontext
from pathlib import Path

from detectors.arrays import Float32
from glimpse.faces import one_face
from glimpse.models import Models
from pipeline.bus.address import client_address, preview_address
from pipeline.history.reader import HistoryReader
from pipeline.settings.rooms.web import WebSettings
from pipeline.settings.types import Settings
from pipeline.web.app import make_app
from pipeline.web.live.room import LiveRoom
from pipeline.web.room import Room
from pipeline.web.security.secure import secure
from pipeline.web.security.server import make_server
from pipeline.web.security.users import open_users
from recognizer.calibration import Calibration
from recognizer.gallery.names import normalise_name
from recognizer.gallery.store import Gallery
from recognizer.normalisation import Cohort


class RoomModels:
    """What the search by face needs, opened by the first search. Searches may come from several threads."""

    def __init__(self, gallery: Callable[[], Gallery] | None) -> None:
        self._models = Models()
        self._gallery = gallery

    @property
    def calibration(self) -> Calibration:
        return self._models.decider.calibration

    @property
    def cohort(self) -> Cohort | None:
        return self._models.decider.cohort

    def face_in(self, photograph: bytes) -> Float32:
        """The vector of the only face of a photograph. Raises PictureError, a ValueError."""
        return one_face(photograph, self._models).vector

    def faces_of(self, person: str) -> Float32:
        """The vectors of somebody enrolled. Raises ValueError."""
        if self._gallery is None:
            raise ValueError("there is no gallery")
        with self._gallery() as people:
            index = people.index(self._models.recognizer.model_id)
        rows = [row for row, owner in enumerate(index.labels) if owner == normalise_name(person)]
        if not rows:
            raise ValueError("expected somebody enrolled")
        vectors: Float32 = index.vectors[rows]
        return vectors


def serve(settings: Settings, *, curve: str = "", say: Callable[[str], None]) -> bool:
    """Serve the page until SIGINT or SIGTERM; false where it could not begin. say: takes a line for people.

    Raises ValueError and OSError for settings that cannot be used, or that would leave the page open to strangers.
    """
    room = make_room(settings, curve=curve)
    users = open_users(settings.web)
    with closing(users) if users else nullcontext():
        protected = secure(make_app(room), settings.web, users=users)
        server = make_server(protected, settings.web, on_exit=room.live.hub.close)
        say(f"The page: {page_address(settings.web)}")
        server.run()
    return server.started


def page_address(settings: WebSettings) -> str:
    """Where a browser finds the page."""
    return f"{'https' if settings.certificate else 'http'}://{settings.address}"


def make_room(settings: Settings, *, curve: str = "") -> Room:
    """The room of these settings. Raises ValueError for an address of a bus that nobody can connect to."""
    gallery = _opener(settings.gallery)
    place = settings.history.file
    return Room(
        settings=settings.web,
        live=LiveRoom(buses(settings), previews=previews(settings), curve=curve),
        open_history=(lambda: HistoryReader(place)) if place else None,
        open_gallery=gallery,
        models=RoomModels(gallery),
        keeps_unknowns=settings.history.unknowns,
    )


def buses(settings: Settings) -> list[str]:
    """The buses of node, history and alerts, as reached from this machine."""
    others = [bind for bind in (settings.history.bind, settings.alerts.bind) if bind != "none"]
    return [client_address(bind) for bind in (settings.events.bind, *others)]


def previews(settings: Settings) -> list[str]:
    """Where the node publishes pictures: as the settings say, or where its bus lets them be."""
    bind = settings.events.preview_bind
    if bind == "none":
        return []
    return [preview_address(client_address(settings.events.bind)) if bind == "auto" else client_address(bind)]


def _opener(path: str) -> Callable[[], Gallery] | None:
    return (lambda: Gallery(Path(path), read_only=True)) if path else None
