"""Keeps what was counted of each clip as it is done, so that an interrupted run goes on where it was."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from benchmarks.flat.seen import Seen

Job = Callable[[], list[Seen]]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line. run: what the figures belong to.  clip: its name.  tracks: those that were faces."""

    run: str
    clip: str
    tracks: list[Seen]


class Journal:
    """A file of one line a clip. done: tracks by the name of the clip."""

    def __init__(self, file: IO[bytes], run: str, done: dict[str, list[Seen]]) -> None:
        self._file, self._run, self.done = file, run, done

    def add(self, clip: str, tracks: list[Seen]) -> None:
        """Write one clip. Raises OSError."""
        self._file.write(msgspec.json.encode(Entry(self._run, clip, tracks)) + b"\n")
        self._file.flush()
        self.done[clip] = tracks


@contextmanager
def open_journal(path: Path, run: str) -> Iterator[Journal]:
    """Go on with a file, or begin one. run: says what is measured; a line that was torn by a crash is taken away.

    Raises OSError, and ValueError for a file of another run, or another file.
    """
    path.touch()
    with path.open("r+b") as file:
        whole = file.read().rpartition(b"\n")
        entries = list(_read(path, whole[0], run)) if whole[1] else []
        file.truncate(len(whole[0]) + len(whole[1]))
        file.seek(0, 2)
        yield Journal(file, run, {entry.clip: entry.tracks for entry in entries})


def run_all(jobs: Mapping[str, Job], pool: Executor, journal: Journal, say: Callable[[str], object]) -> None:
    """Do what the journal has not; each job is told when it ends. Raises what a job raises."""
    left = {pool.submit(job): name for name, job in jobs.items() if name not in journal.done}
    count = len(jobs) - len(left)
    if count:
        say(f"{count} of {len(jobs)} clips were done before")
    try:
        for future in as_completed(left):
            journal.add(left[future], future.result())
            count += 1
            say(f"{count} of {len(jobs)}: {left[future]}")
    finally:
        for future in left:
            future.cancel()


def _read(path: Path, text: bytes, run: str) -> Iterator[Entry]:
    for number, line in enumerate(text.splitlines(), 1):
        try:
            entry = msgspec.json.decode(line, type=Entry)
        except msgspec.DecodeError as error:
            raise ValueError(f"{path}: line {number}: expected a clip of this benchmark ({error})") from None
        if entry.run != run:
            raise ValueError(f"{path}: expected clips of {run}, got those of {entry.run}")
        yield entry
