"""The kinds of SQLite files that Glimpse writes, with the versions that this one reads."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.alerts.database import KIND as ALERTS
from pipeline.alerts.deliver.file import KIND as DELIVERIES
from pipeline.bus.outbox import APPLICATION_ID as OUTBOX_ID
from pipeline.bus.outbox import VERSION as OUTBOX_VERSION
from pipeline.collect.schema import KIND as COLLECTION
from pipeline.erase.sqlite_file import application_id
from pipeline.history.sqlite_database import KIND as HISTORY
from pipeline.resume.cache import APPLICATION_ID as JOURNAL_ID
from pipeline.resume.cache import VERSION as JOURNAL_VERSION
from pipeline.store_file import StoreKind
from pipeline.web.security.accounts_file import KIND as ACCOUNTS
from recognizer.gallery.schema import APPLICATION_ID as GALLERY_ID
from recognizer.gallery.schema import SCHEMA_VERSION as GALLERY_VERSION


@dataclass(frozen=True, slots=True)
class FileKind:
    """noun: begins errors.  application_id: marks the file.  version: the newest one that is read and written."""

    noun: str
    application_id: int
    version: int


def _of(kind: StoreKind) -> FileKind:
    return FileKind(kind.noun, kind.application_id, kind.version)


GALLERY = FileKind("gallery", GALLERY_ID, GALLERY_VERSION)
OUTBOX = FileKind("outbox", OUTBOX_ID, OUTBOX_VERSION)
JOURNAL = FileKind("journal", JOURNAL_ID, JOURNAL_VERSION)
KINDS = (GALLERY, OUTBOX, JOURNAL, *map(_of, (HISTORY, COLLECTION, ALERTS, DELIVERIES, ACCOUNTS)))


def kind_of(path: Path) -> FileKind | None:
    """The kind of a file, by its content; None for any other file. Raises OSError."""
    found = application_id(path)
    return next((kind for kind in KINDS if kind.application_id == found), None)
