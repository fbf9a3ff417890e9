"""A node without cameras: publishes made events with an outbox until it is killed.

A file `quiet` beside the outbox leaves only heartbeats.

`python -m tests.endurance.collect_node NODE ADDRESS OUTBOX`
"""

import sys
import time
from contextlib import closing
from pathlib import Path

import msgspec

from pipeline.bus.publisher import Publisher
from pipeline.epoch import new_epoch
from pipeline.events import Event
from tests.synthetic.events import camera, health, identity, track

QUIET = "quiet"
BEAT_SECONDS = 0.2
PAUSE_SECONDS = 0.01


def publish(publisher: Publisher, node: str, epoch: str, quiet: Path) -> None:
    """A track event of each of two cameras a hundred times a second, and now and then a name and a camera's state."""
    counts = dict.fromkeys(("track", "identity", "camera", "health"), 0)
    next_beat = 0.0
    for step in range(10**9):
        if not quiet.exists():
            for name in ("door", "gate"):
                _send(publisher, node, track(counts["track"], camera=name, epoch=epoch))
            counts["track"] += 1
            if step % 10 == 0:
                _send(publisher, node, identity(counts["identity"], epoch=epoch))
                counts["identity"] += 1
            if step % 50 == 0:
                _send(publisher, node, camera(counts["camera"], epoch=epoch))
                counts["camera"] += 1
        if time.monotonic() >= next_beat:
            next_beat = time.monotonic() + BEAT_SECONDS
            _send(publisher, node, health(counts["health"], _last_seq(counts), epoch=epoch))
            counts["health"] += 1
        time.sleep(PAUSE_SECONDS)


def _send(publisher: Publisher, node: str, event: Event) -> None:
    publisher.on_event(msgspec.structs.replace(event, node=node))


def _last_seq(counts: dict[str, int]) -> dict[str, int]:
    topics = {"v1/track/door/": "track", "v1/track/gate/": "track", "v1/identity/door/": "identity"}
    topics["v1/camera/door/"] = "camera"
    return {topic: counts[kind] - 1 for topic, kind in topics.items() if counts[kind]}


def main() -> None:
    node, address, outbox = sys.argv[1:]
    epoch = new_epoch()
    with closing(Publisher(address, node=node, epoch=epoch, outbox=outbox)) as publisher:
        publish(publisher, node, epoch, Path(outbox).with_name(QUIET))


if __name__ == "__main__":
    main()
