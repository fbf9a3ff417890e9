"""How fast an erasure reaches the nodes that keep a copy of a gallery in PostgreSQL.

Starts a server and nodes, each a process of its own that asks fifty times a second whom it would name, and erases
people one after the other, as `glimpse people erase` does.
"""

import argparse
import statistics
import sys
import time
from contextlib import ExitStack, closing
from typing import NamedTuple

from benchmarks.section import print_markdown, provenance
from recognizer.gallery import Gallery
from recognizer.gallery.copies.copy import GalleryCopy
from recognizer.gallery.database import open_database
from tests.synthetic.postgres import postgres_server
from tests.synthetic.shared_gallery import DIM, enrol, face, node


class Measured(NamedTuple):
    """Seconds. first: to read everything.  reached: from the call to each node's receipt.  whole: of the call."""

    people: int
    first: float
    reached: list[float]
    whole: list[float]


def measure(people: int, nodes: int, rounds: int) -> Measured:
    """Enrol so many people, start so many nodes, and erase `rounds` people."""
    with ExitStack() as stack:
        address = stack.enter_context(postgres_server()).new_database()
        enrol(address, "n1")
        with Gallery(address) as gallery:
            gallery.add_all([(f"q{number}", face(number)) for number in range(2, people + 1)], model_id="m")
        first = _read_once(address)
        for number in range(nodes):
            stack.enter_context(node(address, f"node-{number}", max_age=60)).next_said()
        reached, whole = [], []
        for number in range(2, rounds + 2):
            with Gallery(address) as gallery:
                before, began, tick = gallery.version(), time.time(), time.perf_counter()
                gallery.erase(f"q{number}")
                whole.append(time.perf_counter() - tick)
                [erasure] = gallery.erasures(after=before)
            reached += [receipt.at - began for receipt in erasure.receipts if receipt.at is not None]
    assert len(reached) == nodes * rounds
    return Measured(people, first, reached, whole)


def _read_once(address: str) -> float:
    tick = time.perf_counter()
    with closing(open_database(address, read_only=True)) as database:
        copy = GalleryCopy()
        copy.follow(database)
        copy.index("m", database.cipher.open_sound)
    return time.perf_counter() - tick


def table(found: list[Measured], nodes: int) -> str:
    """Markdown."""
    lines = [
        f"| faces of {DIM} numbers | first copy, s | {nodes} nodes followed after, s: median | slowest"
        " | whole command, s: median | slowest |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {one.people} | {one.first:.2f} | {statistics.median(one.reached):.2f} | {max(one.reached):.2f}"
        f" | {statistics.median(one.whole):.2f} | {max(one.whole):.2f} |"
        for one in found
    ]
    return "\n".join(lines)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[100, 10_000])
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    found = [measure(people, options.nodes, options.rounds) for people in options.people]
    print_markdown(f"{table(found, options.nodes)}\n\n{provenance('benchmarks.shared_gallery')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
