"""The registry of everything that holds people. A new store of people is added here, by one line."""

from pathlib import Path

from pipeline.erase.alerts import AlertsStore
from pipeline.erase.collection import CollectionStore
from pipeline.erase.deliveries import DeliveriesStore
from pipeline.erase.events import EventsStore
from pipeline.erase.gallery import GalleryStore
from pipeline.erase.gallery_export import GalleryExportStore
from pipeline.erase.history import HistoryStore
from pipeline.erase.journal import JournalStore
from pipeline.erase.outbox import OutboxStore
from pipeline.erase.report import ReportStore
from pipeline.erase.review import ReviewStore
from pipeline.erase.store import Store

# In the order of erasing: the gallery first, so that nobody is named any more; events after the report, which asks them
# which pictures are whose.
STORES: tuple[Store, ...] = (
    GalleryStore(),
    GalleryExportStore(),
    ReportStore(),
    ReviewStore(),
    EventsStore(),
    OutboxStore(),
    CollectionStore(),
    HistoryStore(),
    AlertsStore(),
    DeliveriesStore(),
    JournalStore(),
)


def store_of(path: Path) -> Store | None:
    """What kind of store a file is; None for a file that is none. Raises OSError for one that cannot be read."""
    return next((store for store in STORES if store.recognises(path)), None)
