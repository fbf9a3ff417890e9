"""What following a shared gallery costs an engine: processor time, and how long a decision takes, against a file.

In turns, one process asks fifty times a second whom it would name, as a camera with a track or two does: by a gallery
in a file, by the same one in PostgreSQL, and by that one while somebody else changes a name each second.
"""

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.section import print_markdown, provenance
from pipeline.tracks.matcher import GalleryMatcher, People
from recognizer.calibration import uncalibrated
from recognizer.decide import DecisionRule
from recognizer.evidence import Evidence
from recognizer.gallery import Gallery
from recognizer.gallery.copies.followed import FollowedGallery
from recognizer.gallery.watched import WatchedGallery
from tests.synthetic.postgres import postgres_server
from tests.synthetic.shared_gallery import face, unit

ASKED = 50  # times a second


class Turn(NamedTuple):
    """cpu: seconds of the processor a second.  worst: 99th percentile of a decision, milliseconds."""

    cpu: float
    worst: float


def measure(people: People, seconds: float) -> Turn:
    """Ask for so many seconds."""
    matcher = GalleryMatcher(people, "m", rule=DecisionRule(min_effective=1), calibration=uncalibrated("m"))
    evidence = Evidence()
    for second in range(4):
        evidence.add(unit(1), weight=1.0, face_px=64.0, time=float(second))
    took: list[float] = []
    cpu, begun = time.process_time(), time.perf_counter()
    while (now := time.perf_counter()) - begun < seconds:
        matcher.refresh()
        matcher.decide(evidence, None)
        took.append(time.perf_counter() - now)
        time.sleep(max(0.0, begun + len(took) / ASKED - time.perf_counter()))
    spent = (time.process_time() - cpu) / (time.perf_counter() - begun)
    return Turn(spent, 1000 * statistics.quantiles(took, n=100)[-1])


@contextmanager
def changing(address: str) -> Iterator[None]:
    """Somebody is renamed each second, in this process, which costs it little beside what it makes the copy do."""
    stop = threading.Event()

    def change() -> None:
        with Gallery(address) as gallery:
            for number in range(1_000_000):
                if stop.wait(1.0):
                    return
                gallery.rename(*(("q2", "other") if number % 2 == 0 else ("other", "q2")))

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def rounds(people: int, count: int, seconds: float) -> dict[str, list[Turn]]:
    """Turns of each kind, by what they are called."""
    with ExitStack() as stack:
        address = stack.enter_context(postgres_server()).new_database()
        file = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "people.db"
        for place in (file, address):
            with Gallery(place, create=True) as gallery:
                gallery.add_all([(f"q{number}", face(number)) for number in range(1, people + 1)], model_id="m")

        def followed() -> Turn:
            with closing(FollowedGallery(address, node="n", max_age=60)) as copy:
                copy.index("m")
                return measure(copy, seconds)

        def followed_and_changed() -> Turn:
            with changing(address):
                return followed()

        kinds: dict[str, Callable[[], Turn]] = {
            "file": lambda: measure(WatchedGallery(file), seconds),
            "followed": followed,
            "followed, a change each second": followed_and_changed,
        }
        found: dict[str, list[Turn]] = {name: [] for name in kinds}
        for _ in range(count):
            for name, turn in kinds.items():
                found[name].append(turn())
        return found


def table(found: dict[str, list[Turn]]) -> str:
    """Markdown; medians, and the difference of each turn to the file's beside it."""
    lines = [
        "| gallery | processor, cores | beside the file | 99 % of decisions within, ms |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, turns in found.items():
        more = statistics.median(turn.cpu - file.cpu for turn, file in zip(turns, found["file"], strict=True))
        cpu, worst = (statistics.median(values) for values in zip(*turns, strict=True))
        lines.append(f"| {name} | {cpu:.4f} | {more:+.4f} | {worst:.1f} |")
    return "\n".join(lines)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    found = rounds(options.people, options.rounds, options.seconds)
    print_markdown(f"{table(found)}\n\n{provenance('benchmarks.followed_gallery')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
