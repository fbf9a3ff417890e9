"""Puts together what the API of the page asks: models and gallery, alerts, unknown people and corrections."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from http import HTTPStatus
from pathlib import Path

from configs.postgres.address import is_postgres
from glimpse.errors import GalleryBusyError, GalleryError, PersonMissingError, PictureError
from glimpse.faces import Face, find
from glimpse.models import Models
from glimpse.people import Gallery, Outcome, Verdict
from glimpse.web_people import desk_opener
from pipeline.alerts.database import Database as AlertDatabase
from pipeline.alerts.reader import AlertReader
from pipeline.alerts.store import AlertStore
from pipeline.history.database import open_database
from pipeline.history.groups.reader import GroupReader
from pipeline.settings.types import Settings
from pipeline.web.api.parts import ApiParts, Enrolled, FoundFace
from pipeline.web.api.problems import ApiError, bad_request, not_found, unavailable
from pipeline.web.room import without_folders
from pipeline.web.security.audit import Audit

AT_ONCE = 2
"""Photographs that are read at the same time: more would take the cores from the cameras."""


class GalleryFaces:
    """Reads photographs and changes the gallery; `pipeline.web.api.parts.Faces`."""

    def __init__(self, gallery: str, models: Models) -> None:
        self._place, self._models = gallery, models
        self._free = threading.Semaphore(AT_ONCE)

    def identify(self, photograph: bytes) -> Sequence[FoundFace]:
        """All faces of a photograph, the largest first. Raises ApiError."""
        with self._free, _told():
            gallery = self._gallery()
            return [_found(face, gallery) for face in find(photograph, models=self._models)]

    def enrol(self, name: str, photographs: Sequence[bytes]) -> Sequence[Enrolled]:
        """Enrol photographs that pass the quality gate. Raises ApiError."""
        with self._free, _told():
            return [_enrolled(outcome) for outcome in self._gallery().enroll(name, *photographs)]

    def rename(self, name: str, new: str) -> None:
        """Give somebody another name. Raises ApiError."""
        with _told():
            self._gallery().rename(name, new)

    def erase(self, name: str) -> int:
        """Erase somebody from the gallery; returns the number of photographs. Raises ApiError."""
        with _told():
            return self._gallery().erase(name)

    def _gallery(self) -> Gallery:
        return Gallery(self._place, models=self._models)


def make_api(settings: Settings, models: Models, audit: Audit | None) -> ApiParts:
    """The parts that the settings name."""
    past, alerts = settings.history.file, Path(settings.alerts.file)
    gallery = settings.gallery or None
    deliveries = {"mqtt": settings.mqtt.file, "webhooks": settings.webhooks.file, "mail": settings.mail.file}
    return ApiParts(
        faces=GalleryFaces(gallery, models) if gallery else None,
        open_alerts=(lambda: AlertReader(alerts)) if settings.alerts.file else None,
        acknowledge=_acknowledging(alerts) if settings.alerts.file else None,
        open_groups=_groups(past) if past else None,
        open_desk=desk_opener(settings, models),
        audit=audit,
        deliveries={name: Path(file) for name, file in deliveries.items() if file},
        history_files=[Path(past)] if past and not is_postgres(past) else [],
    )


def _acknowledging(file: Path) -> Callable[[str, str], bool]:
    def acknowledge(alert: str, by: str) -> bool:
        with AlertDatabase(file) as database:
            return AlertStore(database).acknowledge(alert, by, time.time())

    return acknowledge


def _groups(place: str) -> Callable[[], AbstractContextManager[GroupReader]]:
    @contextmanager
    def opened() -> Iterator[GroupReader]:
        with open_database(place) as database:
            yield GroupReader(database)

    return opened


@contextmanager
def _told() -> Iterator[None]:
    """Errors of the library as those of the API."""
    try:
        yield
    except PersonMissingError:
        raise not_found("nobody of this name is enrolled") from None
    except GalleryBusyError as error:
        raise ApiError(HTTPStatus.CONFLICT, without_folders(str(error))) from None
    except (GalleryError, PictureError) as error:
        raise bad_request(without_folders(str(error))) from None
    except (ValueError, OSError) as error:
        raise unavailable(without_folders(str(error))) from error


def _found(face: Face, gallery: Gallery) -> FoundFace:
    who = gallery.identify(face)
    return FoundFace(face.box, face.px, face.score, who.name, str(who.state), who.score, who.threshold, who.confidence)


def _enrolled(outcome: Outcome) -> Enrolled:
    reason = outcome.reason if outcome.verdict is Verdict.REFUSED else ""
    return Enrolled(outcome.verdict.value, without_folders(reason), outcome.warning, outcome.face_px)
