"""Names of topics and ids. No topic holds a person's name, so none is left behind when somebody is erased."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from pipeline.capture.camera_names import NAME_PATTERN

PERSON_DIGITS, CLASH_DIGITS = 12, 8
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True)
class Topics:
    """The topics of one node. prefix: what all begin with."""

    prefix: str
    node: str

    @property
    def base(self) -> str:
        return f"{self.prefix}/{topic_part(self.node)}"

    @property
    def status(self) -> str:
        """`online` while this process is connected; the broker says `offline` when it dies."""
        return f"{self.base}/status"

    @property
    def engine(self) -> str:
        """`online` while the node's heartbeats come."""
        return f"{self.base}/engine"

    @property
    def event(self) -> str:
        """Names given and withdrawn, and alerts; not retained."""
        return f"{self.base}/event"

    def camera(self, name: str) -> str:
        return f"{self.base}/camera/{topic_part(name)}"

    def person(self, name: str) -> str:
        return f"{self.base}/person/{person_id(name)}"


def person_id(name: str) -> str:
    """The same for a name on every machine, and without the name in it."""
    return _digest(unicodedata.normalize("NFC", name), PERSON_DIGITS)


def topic_part(name: str) -> str:
    """A name as one level of a topic: as it is, unless it holds what topics or other levels are made of."""
    return name if NAME_PATTERN.fullmatch(name) else f"x{_digest(name, PERSON_DIGITS)}"


def object_id(name: str) -> str:
    """A name of the characters that Home Assistant allows in its discovery topics."""
    plain = _NOT_IN_IDS.sub("_", topic_part(name))
    return plain if plain == name else f"{plain}_{_digest(name, CLASH_DIGITS)}"


def _digest(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:digits]
