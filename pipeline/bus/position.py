"""Where a consumer is: what it has received of each topic, and where it begins."""

from typing import Literal

import msgspec

from pipeline.bus.reorder import Gap
from pipeline.events import Event


class Position(msgspec.Struct, frozen=True):
    """The last event a consumer received of each topic: store it (as JSON, say) and pass it as `start` to resume."""

    epoch: str = ""
    last_seq: dict[str, int] = {}


StartFrom = Literal["snapshot", "replay", "live"] | Position

Item = Event | Gap
