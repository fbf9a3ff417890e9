"""Count how many enrolled people and how many others a recording shows in each hour.

    python examples/count_people_by_hour.py people.db VIDEO...

Somebody who is named counts once an hour; of the others, every track counts, because nobody knows who they are.
"""
# ruff: noqa: T201

import sys
from collections import defaultdict

import glimpse


def main(gallery: str, *videos: str) -> None:
    people = glimpse.Gallery(gallery, create=False)
    named: dict[int, set[str | None]] = defaultdict(set)
    others: dict[int, int] = defaultdict(int)
    for event in glimpse.watch(videos, gallery=people):
        if isinstance(event, glimpse.TrackEvent) and event.action == "end":
            hour = int((event.media_time - event.age) // 3600)
            if event.evidence and event.evidence.state == "named":
                named[hour].add(event.evidence.person)
            else:
                others[hour] += 1
    for hour in sorted({*named, *others}):
        print(f"hour {hour}: {len(named[hour])} named, {others[hour]} others")


if __name__ == "__main__":
    main(*sys.argv[1:])
