"""What the page needs to enrol people, to remove their photographs and to erase them."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from detectors.arrays import Float32
from pipeline.web.changes.form import Upload


class EnrolledFace(Protocol):
    """A photograph of somebody, as `recognizer.gallery.store.Face` is."""

    @property
    def vector(self) -> Float32: ...

    @property
    def source(self) -> str: ...

    @property
    def sha256(self) -> str: ...

    @property
    def face_px(self) -> float: ...

    @property
    def quality(self) -> float: ...

    @property
    def added_at(self) -> float: ...

    @property
    def chip(self) -> bytes | None: ...


class Enrolled(NamedTuple):
    """What became of one photograph. reason: why it was refused.  warning: what is to be known of one taken."""

    source: str
    verdict: str
    reason: str = ""
    warning: str = ""

    @property
    def is_taken(self) -> bool:
        return self.verdict == "taken"


class Erased(NamedTuple):
    """What became of an erasure, a sentence each. left: what is not erased, and why."""

    done: list[str]
    left: list[str]


class Enrolment(Protocol):
    """Changes the gallery. Any call raises ValueError and OSError with a sentence."""

    def enrol(self, name: str, photographs: Sequence[Upload]) -> list[Enrolled]:
        """Enrol photographs, each if it is good enough; returns what became of each."""
        ...

    def remove(self, name: str, sha256: str) -> str:
        """Erase a photograph; returns what is to be known of it, or nothing."""
        ...

    def stores(self) -> list[str]:
        """What `erase` looks into, by names without folders."""
        ...

    def erase(self, name: str) -> Erased:
        """Erase a person from everything that this watch room knows of."""
        ...
