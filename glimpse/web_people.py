"""Enrols, removes and erases people for the page, with the gallery and the stores of its settings."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path, PurePosixPath

from configs.postgres.address import is_postgres
from glimpse.enroller import enroller_of
from glimpse.errors import PictureError
from glimpse.history_gallery import NOT_YET_OVERWRITTEN, GalleryOfHistory
from glimpse.models import Models
from glimpse.pictures import read_picture
from pipeline.erase.audit import AUDIT_NAME, write_audit
from pipeline.erase.databases import stores_at
from pipeline.erase.run import erase_person
from pipeline.erase.store import Outcome
from pipeline.history.corrections.correction import Desk
from pipeline.history.database import open_database
from pipeline.settings.types import Settings
from pipeline.web.changes.form import Upload
from pipeline.web.enrolment import Enrolled, Erased
from pipeline.web.security.uploads import check_upload
from recognizer.gallery.database import Place, place_of
from recognizer.gallery.folders import Photo
from recognizer.gallery.names import normalise_name, printable
from recognizer.gallery.store import Gallery

MAX_SOURCE = 100  # characters of a file's name that are kept
NOTHING = "nothing of this person was found in the stores of this watch room"


class RoomEnrolment:
    """Implements `pipeline.web.enrolment.Enrolment`. stores: files and addresses that may hold people.

    unreached: sentences on what holds people too and is not erased from here.
    """

    def __init__(self, gallery: Place, models: Models, stores: Sequence[str], unreached: Sequence[str] = ()) -> None:
        self._gallery, self._models, self._stores, self._unreached = gallery, models, stores, unreached

    def enrol(self, name: str, photographs: Sequence[Upload]) -> list[Enrolled]:
        """Enrol photographs of one face each. Raises ValueError where the gallery is of another model."""
        with Gallery(self._gallery, create=True) as gallery:
            return [self._enrol(name, photograph, gallery) for photograph in photographs]

    def _enrol(self, name: str, photograph: Upload, gallery: Gallery) -> Enrolled:
        source = _source(photograph.name)
        try:
            check_upload(photograph.data)
            photo = Photo(Path(), name, source, pixels=read_picture(photograph.data))
        except (ValueError, PictureError) as error:
            return Enrolled(source, "refused", str(error))
        [outcome] = enroller_of(self._models).enroll_photos([photo], gallery)
        return Enrolled(source, str(outcome.verdict), outcome.reason, outcome.warning)

    def remove(self, name: str, sha256: str) -> str:
        """Erase a photograph. Raises ValueError for the only one."""
        try:
            with Gallery(self._gallery) as gallery:
                gallery.remove_face(name, sha256)
        except KeyError:
            raise ValueError(f"person {printable(name)!r}: expected somebody enrolled") from None
        except TimeoutError:
            return f"{NOT_YET_OVERWRITTEN}."
        return ""

    def stores(self) -> list[str]:
        return [_shown(store) for store in self._existing()]

    def erase(self, name: str) -> Erased:
        """Erase a person from the stores, and note it without the name beside the first file of them."""
        name = normalise_name(name)
        files = [Path(store) for store in self._existing() if not is_postgres(store)]
        databases = [store for place in self._existing() if is_postgres(place) for store in stores_at(place)]
        done = erase_person(name, files, databases=databases)
        folder = next((file.parent for file in files), Path())
        write_audit(folder / AUDIT_NAME, name, done.outcomes, searched=done.searched)
        changed = [f"{_shown(str(one.path))}: {one.changed}" for one in done.outcomes if one.changed]
        return Erased(changed or [NOTHING], [*(_left(one) for one in done.outcomes if one.left), *self._unreached])

    def _existing(self) -> list[str]:
        return [store for store in self._stores if is_postgres(store) or Path(store).exists()]


def desk_opener(settings: Settings, models: Models) -> Callable[[str], AbstractContextManager[Desk]] | None:
    """What opens the desk of a user; None without a history."""
    place = settings.history.file
    people = GalleryOfHistory(place_of(settings.gallery), lambda: enroller_of(models)) if settings.gallery else None
    if not place:
        return None

    @contextmanager
    def opened(by: str) -> Iterator[Desk]:
        if not is_postgres(place) and not Path(place).exists():
            raise FileNotFoundError(f"history {place}: no such file; glimpse history record makes one")
        with open_database(place, create=True) as database:
            yield Desk(database, people, by)

    return opened


def stores_of(settings: Settings) -> list[str]:
    """Files and addresses of these settings that may hold people, the gallery first."""
    places = [
        settings.gallery,
        settings.history.file,
        settings.history.outbox,
        settings.events.outbox,
        settings.alerts.file,
        settings.alerts.outbox,
        settings.mqtt.file,
        settings.webhooks.file,
        settings.mail.file,
        settings.collect.file if not is_postgres(settings.collect.file) else "",
        settings.cluster.folder,
    ]
    return [place for place in dict.fromkeys(places) if place]


def unreached_by(settings: Settings) -> list[str]:
    """Sentences on places of these settings that hold people, and that no erasing reaches or only one elsewhere."""
    collect = settings.collect
    copies = [
        ("the collection in PostgreSQL", is_postgres(collect.file)),
        ("the stream in Redis", bool(collect.redis.server)),
        ("the stream in NATS", bool(collect.nats.server)),
    ]
    found = [f"{place}: not erased; delete there what names them" for place, is_used in copies if is_used]
    if settings.cluster.folder:
        found.append("the outboxes of the cluster's other machines: not erased; run glimpse people erase --in there")
    return found


def _source(name: str) -> str:
    """The name of an uploaded file as it is kept: no folder, no control characters."""
    return printable(PurePosixPath(name.replace("\\", "/")).name)[:MAX_SOURCE] or "picture"


def _shown(store: str) -> str:
    return "the database in PostgreSQL" if is_postgres(store) else Path(store).name


def _left(outcome: Outcome) -> str:
    return f"{_shown(str(outcome.path))}: {outcome.left}"
