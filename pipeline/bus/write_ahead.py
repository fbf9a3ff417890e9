"""Makes sure, before anybody sees an event, that the next start of the node knows of it.

Then a killed node's next start can end its tracks with numbers that nobody has seen. An event is known if it is stored,
or, where the disk is full or too slow for that, if its number and the open tracks are noted in the outbox's record,
whose room was allocated while there was some.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable

import msgspec

from pipeline.bus.killed_run import RunEnd, close_runs
from pipeline.bus.latest_events import LatestEvents
from pipeline.bus.outbox import Outbox, SentRun, is_damage
from pipeline.events import Event, TrackEvent, decode, encode, topic

log = logging.getLogger(__name__)

STORE_TIMEOUT_SECONDS = 0.5


class WriteAhead:
    """Between the events of a run and everybody who sees them. Its methods may be called from any thread."""

    def __init__(
        self, outbox: Outbox, latest: LatestEvents, *, node: str, epoch: str, wall: Callable[[], float] = time.time
    ) -> None:
        self.outbox = outbox
        self._latest, self._node, self._epoch, self._wall = latest, node, epoch, wall
        self._lock, self._adding = threading.Lock(), threading.Lock()
        self._earlier: list[SentRun] = []  # runs whose ends are not stored yet
        self._is_noted = self._was_incomplete = False

    def end_killed_runs(self) -> None:
        """Store the `end` of each track of runs that were killed. Subscribers request it, as none is connected yet."""
        try:
            noted = self.outbox.sent.read()
            runs = self._close_runs(noted)
        except (OSError, sqlite3.Error) as error:
            log.warning("outbox %s: the tracks of the last run cannot be read: %s", self.outbox.path, error)
            return
        for run in runs:
            for name, seq in run.lost.items():
                self.outbox.put_lost(run.noted.epoch, name, seq, run.noted.wall_time)
            for event in run.ends:
                self.outbox.put(topic(event), event, encode(event))
            if run.ends:
                log.warning("events: run %s was killed; tracks ended for it: %d", run.noted.epoch, len(run.ends))
        self._earlier = [run.noted for run in runs if run.ends or run.lost]
        self._is_noted = bool(noted)
        self.ensure()

    def add(self, name: str, event: Event, body: bytes) -> None:
        """Queue an event to be stored; returns at once. Whoever is to see it calls `ensure` first."""
        with self._adding:
            self.outbox.put(name, event, body)
            self._latest.update(name, event, body)

    def ensure(self) -> None:
        """Store or note everything published so far; a disk that takes longer than half a second is not waited for."""
        with self._lock:
            if self.outbox.flush(0.0 if self.outbox.is_late else STORE_TIMEOUT_SECONDS):
                self._settle()
            else:
                self.outbox.sent.write([*self._earlier, *self._run()])
                self._is_noted = True

    def _settle(self) -> None:
        """All is stored: forget the note, unless events of this run are lost, whose numbers only the note knows."""
        is_incomplete = self.outbox.is_incomplete
        if self._is_noted or is_incomplete != self._was_incomplete:
            self.outbox.sent.write(self._run() if is_incomplete else [])
        self._earlier = []
        self._is_noted, self._was_incomplete = False, is_incomplete

    def _close_runs(self, noted: list[SentRun]) -> list[RunEnd]:
        path = self.outbox.path
        try:
            return close_runs(path, self._node, self._epoch, noted)
        except sqlite3.DatabaseError as error:
            if not (is_damage(error) and self.outbox.repair()):
                raise
        return close_runs(path, self._node, self._epoch, noted)

    def _run(self) -> list[SentRun]:
        """This run as subscribers may know it; none before its first event."""
        with self._adding:
            bodies, last_seq = self._latest.open_tracks()
        if not last_seq:
            return []
        tracks = [_without_names(body) for body in bodies]
        return [SentRun(epoch=self._epoch, wall_time=self._wall(), last_seq=last_seq, tracks=tracks)]


def _without_names(body: bytes) -> TrackEvent:
    event = decode(body)
    assert isinstance(event, TrackEvent)
    return msgspec.structs.replace(event, evidence=None)
