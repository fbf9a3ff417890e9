"""One entry of the stream, and the text that identifies it everywhere."""

from typing import NamedTuple
from urllib.parse import quote


class Entry(NamedTuple):
    """number: grows with the order of arrival.  arrived: Unix seconds by the collector's clock.  body: JSON."""

    number: int
    node: str
    epoch: str
    topic: str
    seq: int
    arrived: float
    body: bytes

    @property
    def key(self) -> str:
        """NODE/EPOCH/TOPIC/SEQ in ASCII: what is not a letter, a digit or one of `_.-~` is written as %XX."""
        return f"{quote(self.node, safe='')}/{quote(self.epoch, safe='')}/{quote(self.topic)}{self.seq}"
