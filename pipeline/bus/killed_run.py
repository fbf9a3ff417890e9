"""Ends the tracks of a run that was killed: from what the outbox holds, the next start makes the `end` of each."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from pipeline.events import Event, Evidence, IdentityEvent, TrackAction, TrackEvent, decode, topic

log = logging.getLogger(__name__)

REASON = "node was killed"


def missing_ends(path: Path, node: str, epoch: str) -> list[TrackEvent]:
    """The `end` events that the newest stored run of `node` lacks, unless that run is `epoch`, which starts now.

    They belong to the old run and continue its `seq`, so that a client that follows a topic sees neither a gap nor an
    event twice. All else is as last stored: the time, the box and the age are those of the last event of the track.
    Runs before the newest got theirs when it started; an event added to them now would come after those of later runs.
    Raises sqlite3.Error.
    """
    with closing(sqlite3.connect(path)) as database:
        newest = database.execute("SELECT epoch FROM events ORDER BY id DESC LIMIT 1").fetchone()
        if newest is None or newest[0] == epoch:
            return []
        # The unary plus makes SQLite walk through the rows in order instead of sorting them.
        rows = database.execute("SELECT topic, seq, body FROM events WHERE +epoch = ? ORDER BY id", newest)
        run = _Run()
        for name, seq, body in rows:
            run.add(name, seq, body)
    return [event for event in run.ends() if event.node == node]


class _Run:
    """What is known of a run's tracks after its stored events."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], TrackEvent] = {}
        self._evidence: dict[tuple[str, int], Evidence] = {}
        self._last_seq: dict[str, int] = {}

    def add(self, name: str, seq: int, body: bytes) -> None:
        """Take the next event into account; one that is damaged only counts."""
        self._last_seq[name] = seq
        try:
            event = decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            log.warning("outbox: event %d of %s cannot be read: %s", seq, name, error)
            return
        self._follow(event)

    def ends(self) -> Iterator[TrackEvent]:
        """One `end` for each track that has none, in order of the tracks' first events."""
        for key, last in self._open.items():
            name = topic(last)
            self._last_seq[name] += 1
            yield msgspec.structs.replace(
                last,
                seq=self._last_seq[name],
                action=TrackAction.END,
                evidence=self._evidence.get(key, last.evidence),
                reason=REASON,
            )

    def _follow(self, event: Event) -> None:
        if not isinstance(event, TrackEvent | IdentityEvent):
            return
        key = event.camera, event.track
        if event.evidence:
            self._evidence[key] = event.evidence
        if isinstance(event, TrackEvent) and event.action is TrackAction.END:
            self._open.pop(key, None)
            self._evidence.pop(key, None)
        elif isinstance(event, TrackEvent):
            self._open[key] = event
