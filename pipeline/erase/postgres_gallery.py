"""A gallery in PostgreSQL, which is in no folder: it is given by its address, and searched column by column."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from pipeline.erase.gallery import GalleryStore
from pipeline.erase.person import Person
from pipeline.erase.proof import Proof
from pipeline.erase.store import IncompleteError, Store
from pipeline.erase.tables import find_in_tables
from pipeline.receipts.of_nodes import Standing, describe_signature, standing_of
from recognizer.gallery.copies.node_record import Receipt
from recognizer.gallery.database import Place
from recognizer.gallery.postgres_database import PostgresDatabase
from recognizer.gallery.store import Gallery


class PostgresGallery:
    """A store like those of files; its methods look at no path. name: what may be shown of `address`,
    which may hold a password."""

    kind = "gallery"

    def __init__(self, address: str) -> None:
        """Raises ValueError and OSError, without a password, for what is no gallery or cannot be reached."""
        self.address, self._store = address, GalleryStore()
        with closing(PostgresDatabase(address, read_only=True)) as database:
            self.name = database.name

    def recognises(self, path: Path) -> bool:
        return False

    def people(self, path: Path) -> Iterator[str]:
        return self._store.people(self.address)

    def traces(self, path: Path, person: Person) -> Iterator[bytes]:
        return self._store.traces(self.address, person)

    def records(self, path: Path, person: Person) -> Iterator[bytes]:
        return self._store.records(self.address, person)

    def erase(self, path: Path, person: Person) -> str:
        """Erase, wait for the nodes that keep copies, and say when each was without the person."""
        with Gallery(self.address, read_only=True) as gallery:
            before = gallery.version()
            if not (done := self._store.erase(self.address, person)):
                return ""
            erasures = gallery.erasures(after=before)
        now = time.time()
        said = "; ".join([done, *(_describe(one, erasure.at, now) for erasure in erasures for one in erasure.receipts)])
        if any(is_forged(one) for erasure in erasures for one in erasure.receipts):
            raise IncompleteError(f"{said}; look into it before you trust the receipts of this gallery")
        return said

    def find(self, proof: Proof) -> list[str]:
        """What of the person is still in any column of any table."""
        with closing(PostgresDatabase(self.address, read_only=True)) as database:
            return find_in_tables(database, proof)


def is_forged(receipt: Receipt) -> bool:
    """Whether somebody changed a receipt that a node had signed."""
    return standing_of(receipt.text, receipt.public_key, receipt.signature) is Standing.FORGED


def _describe(receipt: Receipt, erased: float, now: float) -> str:
    return f"{receipt.describe(erased, now)}{signature_of(receipt)}"


def signature_of(receipt: Receipt) -> str:
    """What a receipt's signature is worth, as words behind what it says; empty for a node that has not followed."""
    if receipt.at is None:
        return ""
    return f" ({describe_signature(receipt.text, receipt.public_key, receipt.signature)})"


def gallery_at(path: Path, store: Store) -> Place | None:
    """Where the gallery is that a store is; None for another store."""
    if isinstance(store, PostgresGallery):
        return store.address
    return path if isinstance(store, GalleryStore) else None
