"""A program that stores all that the shipped client receives: `python -m tests.endurance.client ADDRESS FILE`.

It runs until it is killed, and goes on where it was when it is started again.
"""

import sys
from contextlib import closing
from pathlib import Path

from pipeline.client import Item, Subscriber
from tests.endurance.received import ReceivedFile

_POLL_SECONDS = 0.5
_MAX_BATCH = 500


def main() -> None:
    """Receive for ever."""
    address, path = sys.argv[1], Path(sys.argv[2])
    with closing(ReceivedFile(path)) as received:
        with Subscriber(address, start=received.position or "replay") as subscriber:
            while True:
                if items := receive_batch(subscriber):
                    received.add(items, subscriber.position)


def receive_batch(subscriber: Subscriber) -> list[Item]:
    """Wait for an item, then take those that are there."""
    items: list[Item] = []
    timeout = _POLL_SECONDS
    while len(items) < _MAX_BATCH and (item := subscriber.receive(timeout)) is not None:
        items.append(item)
        timeout = 0.0
    return items


if __name__ == "__main__":
    main()
