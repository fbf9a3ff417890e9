"""Receive the events of a running node from another process or machine; an event that was lost is seen as a gap.

python run_pipeline.py --rtsp URL --gallery people.db --bind tcp://127.0.0.1:5556
python examples/subscribe_to_the_bus.py tcp://127.0.0.1:5556 [COUNT]
"""
# ruff: noqa: T201

import sys

from pipeline.bus.client import Gap, Subscriber


def main(address: str, count: str = "0") -> None:
    with Subscriber(address, topics=("v1/identity/",)) as subscriber:
        for number, item in enumerate(subscriber, 1):
            print(f"lost: {item}" if isinstance(item, Gap) else item)
            if number == int(count):
                break


if __name__ == "__main__":
    main(*sys.argv[1:])
