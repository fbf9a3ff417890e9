"""What a store in a database can do beside what every store can."""

from typing import Protocol

from pipeline.erase.proof import Proof
from pipeline.erase.store import Store


class DatabaseStore(Store, Protocol):
    """A store that is in no folder: it is given by its address, and its methods look at no path."""

    @property
    def name(self) -> str:
        """What may be shown of the address."""
        ...

    def find(self, proof: Proof) -> list[str]:
        """What of the person is still in any column of any table."""
        ...
