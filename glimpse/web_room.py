"""Puts a watch room together from the settings: bus, history, gallery and models, each opened when it is asked for."""

import logging
from collections.abc import Callable, Mapping
from contextlib import closing, nullcontext, suppress
from pathlib import Path

import msgspec

from detectors.arrays import Float32
from glimpse.faces import one_face
from glimpse.models import Models
from glimpse.site_models import SiteModels
from glimpse.web_api import make_api
from glimpse.web_journeys import journey_finder
from glimpse.web_people import RoomEnrolment, desk_opener, stores_of, unreached_by
from pipeline.bus.address import client_address, preview_address
from pipeline.history.reader import HistoryReader
from pipeline.settings.file.config_file import ConfigFile
from pipeline.settings.rooms.web import WebSettings
from pipeline.settings.types import Settings
from pipeline.web.alert_rules.current import default_file
from pipeline.web.api.health import HEALTH, METRICS
from pipeline.web.app import make_app
from pipeline.web.live.room import LiveRoom
from pipeline.web.range_map import Naming
from pipeline.web.room import Room
from pipeline.web.security.audit import Audit
from pipeline.web.security.secure import secure
from pipeline.web.security.server import make_server
from pipeline.web.security.users import open_users
from recognizer.calibration import Calibration
from recognizer.gallery.database import place_of
from recognizer.gallery.names import normalise_name
from recognizer.gallery.store import Gallery
from recognizer.normalisation import Cohort

log: logging.Logger = logging.getLogger("glimpse")


class RoomModels:
    """What the search by face needs, opened by the first search. Searches may come from several threads."""

    def __init__(self, models: Models, gallery: Callable[[], Gallery] | None) -> None:
        self._models = models
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


ABOUT = "/about"


def serve(settings: Settings, *, config: Path | None = None, curve: str = "", say: Callable[[str], None]) -> bool:
    """Serve the page until SIGINT or SIGTERM; false where it could not begin. say: takes a line for people.

    config: the file of these settings, which the page may change.

    Raises ValueError and OSError for settings that cannot be used, or that would leave the page open to strangers.
    """
    users = open_users(settings.web)
    audit: Audit = users.audit if users else note_in_log
    settings = with_place_for_alerts(settings, config)
    room = make_room(settings, config=config, curve=curve, audit=audit)
    public = [*HEALTH, *[ABOUT] * settings.web.about_public]
    with closing(users) if users else nullcontext():
        protected = secure(make_app(room), settings.web, users=users, public=public, local=(METRICS,))
        counted = room.api.requests.around(protected)
        server = make_server(counted, settings.web, on_exit=room.live.end_streams)
        say(f"The page: {page_address(settings.web)}")
        server.run()
    return server.started


def with_place_for_alerts(settings: Settings, config: Path | None) -> Settings:
    """Settings with the file of alerts that the first rule on the page brings, so that it is read, and erased from."""
    if config is None or settings.alerts.file:
        return settings
    file = default_file(ConfigFile(config).read().plain)
    place = str(config.resolve().parent / file) if file else ""
    return msgspec.structs.replace(settings, alerts=msgspec.structs.replace(settings.alerts, file=place))


def page_address(settings: WebSettings) -> str:
    """Where a browser finds the page."""
    return f"{'https' if settings.certificate else 'http'}://{settings.address}"


def note_in_log(*, by: str, action: str, target: str, details: Mapping[str, str]) -> None:
    """Without accounts there is no audit log: what is changed is in the log of the process."""
    log.warning("%s by %s: %s %s", action, by, target, dict(details))


def make_room(settings: Settings, *, config: Path | None = None, curve: str = "", audit: Audit = note_in_log) -> Room:
    """The room of these settings. audit: takes what users and programs change.

    Raises ValueError for an address of a bus that nobody can connect to.
    """
    gallery, place, models = _opener(settings.gallery), settings.history.file, SiteModels(settings)
    searching = RoomModels(models, gallery)
    return Room(
        settings=settings.web,
        live=LiveRoom(buses(settings), previews=previews(settings), curve=curve),
        open_history=(lambda: HistoryReader(place)) if place else None,
        open_gallery=gallery,
        open_desk=desk_opener(settings, models),
        find_journey=journey_finder(settings),
        enrolment=_enrolment(settings, models),
        alerts=Path(settings.alerts.file) if settings.alerts.file else None,
        rules=settings.alerts.rules,
        models=searching,
        keeps_unknowns=settings.history.unknowns,
        api=make_api(settings, models, audit),
        config=ConfigFile(config) if config else None,
        naming=lambda: Naming(searching.calibration, settings.decision, _enrolled(gallery)),
        film=settings.film,
        past=settings.history,
        note=audit,
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


def _enrolled(gallery: Callable[[], Gallery] | None) -> int:
    """How many people are enrolled; one where nobody is, or where the gallery cannot be read now."""
    if gallery is None:
        return 1
    with suppress(OSError, ValueError), gallery() as people:
        return max(1, len(people.people()))
    return 1


def _enrolment(settings: Settings, models: Models) -> RoomEnrolment | None:
    if not settings.gallery:
        return None
    return RoomEnrolment(place_of(settings.gallery), models, stores_of(settings), unreached_by(settings))


def _opener(path: str) -> Callable[[], Gallery] | None:
    return (lambda: Gallery(path, read_only=True)) if path else None
