"""How long questions to a history of 100,000 tracks take: `python -m benchmarks.history --write docs/history.md`.

The tracks are made up: 70 % strangers, 50 people, eight cameras, a template and a crop of 1.5 KB each.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.section import print_markdown, provenance, write_section
from configs.at_rest import VARIABLE, at_rest, new_key
from configs.markdown import table
from detectors.runtime import Runtime
from pipeline.history.database import Database
from pipeline.history.reader import HistoryReader, Place, Wanted
from pipeline.history.search import Sought, search
from pipeline.history.store import HistoryWriter
from pipeline.seal.run import seal_store
from recognizer.base import Recognizer, State
from recognizer.load import EMBEDDED, load_recognizer, open_scoring

SECONDS_APART = 10.0
STATES, SHARES = tuple(State), (70, 8, 2, 20)
BEGIN = 1_700_000_000.0
CROP_BYTES = 1500
SEARCH = "search by face"
Question = tuple[str, Callable[[], object], int]


def fill(database: Database, count: int, recognizer: Recognizer) -> None:
    """Write so many tracks, the same ones each time."""
    dice, noise = random.Random(0), np.random.default_rng(0)
    with database.writing():
        database.change("INSERT INTO epochs (id, node, name, recorded_at) VALUES (1, 'bench', 'bench', 0)")
        for number in range(1, count + 1):
            state = dice.choices(STATES, SHARES)[0]
            person = None if state is State.UNKNOWN else f"Person {dice.randrange(50)}"
            at, camera, size = BEGIN + number * SECONDS_APART, f"cam{dice.randrange(8)}", dice.lognormvariate(3.2, 0.5)
            track = (number, 1, camera, number, at, at + 5, "lost", size, state, person, 0.5, 0.1, at, state, at)
            template = _unit(noise, recognizer.dim).astype("<f2").tobytes()
            figures = (recognizer.model_id, size, dice.uniform(1, 8), 3.0, 2.0, template)
            named = state is State.NAMED
            _insert(database, "tracks", (*track, None, None))  # no operator said anything
            _insert(database, "templates", (number, named, at, *figures))
            _insert(database, "crops", (number, named, at, size, bytes(CROP_BYTES)))


def questions(history: HistoryReader, count: int, recognizer: Recognizer) -> Iterator[Question]:
    """What is asked, and how many times."""
    middle = Place(BEGIN + count * SECONDS_APART / 2, count // 2)
    pages = {
        "newest 50 tracks": (Wanted(), None),
        "50 tracks from the middle": (Wanted(), middle),
        "50 tracks of a person": (Wanted(person="Person 7"), None),
        "50 tracks of a camera, from the middle": (Wanted(camera="cam3"), middle),
        "50 named tracks": (Wanted(state=State.NAMED), None),
        "50 tracks of 40 px or more": (Wanted(min_px=40.0), None),
        "a size that no track has": (Wanted(min_px=5000.0), None),
        "a state and a size that no track has": (Wanted(state=State.UNKNOWN, min_px=5000.0), None),
    }
    for name, (wanted, after) in pages.items():
        yield name, lambda wanted=wanted, after=after: history.tracks(wanted, after=after), 20  # type: ignore[misc]
    yield "last seen of everybody", history.last_seen, 20
    scoring = open_scoring(recognizer, model=EMBEDDED)
    sought = Sought(_unit(np.random.default_rng(1), recognizer.dim)[None])
    yield SEARCH, lambda: search(history, sought, scoring.calibration, scoring.cohort), 5


def search_sealed(path: Path, count: int, recognizer: Recognizer) -> tuple[str, float, float]:
    """The search by face, after the faces of this file were sealed with a key."""
    key = patch.dict(os.environ, {VARIABLE: new_key()})
    with key, HistoryReader(seal(path)) as reader:
        ask, times = next((ask, times) for name, ask, times in questions(reader, count, recognizer) if name == SEARCH)
        return f"{SEARCH}, sealed", *measure(ask, times)


def seal(path: Path) -> Path:
    """The same file, after its faces were sealed with the key of the environment."""
    seal_store(str(path), new=at_rest(), old=at_rest())
    return path


def measure(ask: Callable[[], object], times: int) -> tuple[float, float]:
    """Median and greatest processor time of a question, in milliseconds; the first answer, from a cold file, is left
    out where it is asked more than once."""
    took = []
    for _ in range(times + (times > 1)):
        begin = time.process_time()
        ask()
        took.append(1000 * (time.process_time() - begin))
    return float(np.median(took[-times:])), max(took[-times:])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=__doc__)
    parser.add_argument("--tracks", type=int, default=100_000, help="tracks in the history")
    parser.add_argument("--write", type=Path, help="page to write the table into")
    options = parser.parse_args()
    recognizer = load_recognizer(EMBEDDED, runtime=Runtime())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.db"
        with HistoryWriter(path) as history:
            fill(history.database, options.tracks, recognizer)
        with HistoryReader(path) as reader:
            asked = [(name, *measure(ask, times)) for name, ask, times in questions(reader, options.tracks, recognizer)]
        size = path.stat().st_size / 1e6
        asked.append(search_sealed(path, options.tracks, recognizer))
    rows = [[name, f"{median:.1f}", f"{slowest:.1f}"] for name, median, slowest in asked]
    text = table([f"{options.tracks:,} tracks, {size:.0f} MB", "median ms", "slowest ms"], rows)
    text = f"{text}\n\nProcessor time of one core. {provenance('benchmarks.history')}"
    if options.write:
        write_section(options.write, "history", text)
    print_markdown(text)
    return 0


def _insert(database: Database, kind: str, values: tuple[Any, ...]) -> None:
    database.change(f"INSERT INTO {kind} VALUES ({', '.join('?' * len(values))})", values)


def _unit(noise: np.random.Generator, dim: int) -> Any:
    vector = noise.normal(size=dim).astype(np.float32)
    return vector / np.linalg.norm(vector)


if __name__ == "__main__":
    raise SystemExit(main())
