"""Ends the tracks of a run that was killed: the next start makes the `end` of each from what is stored and noted."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pipeline.bus.outbox import OutboxReader, SentRun, StoredEvent
from pipeline.events import Event, Evidence, IdentityEvent, TrackAction, TrackEvent, decode, topic

log = logging.getLogger(__name__)

REASON = "node was killed"


@dataclass(frozen=True, slots=True)
class RunEnd:
    """What a run lacks.

    ends: an `end` for each track that has none.  lost: topics whose last event was sent and not stored, with its seq.
    noted: what was noted of the run; it must stay noted until these are stored.
    """

    noted: SentRun
    ends: list[TrackEvent]
    lost: dict[str, int]


def close_runs(path: Path, node: str, epoch: str, noted: Sequence[SentRun]) -> list[RunEnd]:
    """What the noted runs lack, oldest first, and the newest stored run, if no noted one is later; but not `epoch`.

    The ends belong to the old run and continue its `seq`, so that a client that follows a topic sees neither a gap nor
    an event twice. All else is as last known: the time, the box and the age are those of the last event of the track.
    Runs before these got theirs when the next one started; an event added to them now would come after those of later
    runs. Raises sqlite3.Error.
    """
    with closing(OutboxReader(path)) as reader:
        newest = reader.newest_run()
        if newest and all(run.epoch < newest for run in noted):  # by the start in their names
            noted = [*noted, SentRun(epoch=newest, wall_time=0.0, last_seq={}, tracks=[])]
        runs = {run.epoch: _Run(run) for run in noted}
        for old, run in runs.items():
            for stored in reader.run(old):
                run.add(stored)
    return [run.end(node) for old, run in runs.items() if old != epoch]


class _Run:
    """What is known of a run: the note, and stored events that are later than it."""

    def __init__(self, noted: SentRun) -> None:
        self._noted = noted
        self._open = {(track.camera, track.track): track for track in noted.tracks}
        self._evidence: dict[tuple[str, int], Evidence] = {}
        self._stored: dict[str, int] = {}

    def add(self, stored: StoredEvent) -> None:
        """Take the next event into account; one that is damaged or lost only counts."""
        name, seq = stored.topic, stored.seq
        if name:
            self._stored[name] = max(seq, self._stored.get(name, seq))
        if stored.body is None:
            return
        try:
            event = decode(stored.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            log.warning("outbox: event %d of %s cannot be read: %s", seq, name, error)
            return
        self._follow(event, is_noted=seq <= self._noted.last_seq.get(name, -1))

    def end(self, node: str) -> RunEnd:
        """Say what is missing. Tracks of another node are left as they are."""
        last_seq = {
            name: max(seq, self._stored.get(name, seq)) for name, seq in (self._stored | self._noted.last_seq).items()
        }
        ends = [end for end in self._ends(dict(last_seq)) if end.node == node]
        ended = {topic(end) for end in ends}
        lost = {name: seq for name, seq in last_seq.items() if name not in ended and seq > self._stored.get(name, -1)}
        return RunEnd(self._noted, ends, lost)

    def _ends(self, last_seq: dict[str, int]) -> Iterator[TrackEvent]:
        """One `end` for each open track, in order of the tracks' first events."""
        for key, last in self._open.items():
            name = topic(last)
            last_seq[name] += 1
            yield msgspec.structs.replace(
                last,
                seq=last_seq[name],
                action=TrackAction.END,
                evidence=self._evidence.get(key, last.evidence),
                reason=REASON,
            )

    def _follow(self, event: Event, *, is_noted: bool) -> None:
        if not isinstance(event, TrackEvent | IdentityEvent):
            return
        key = event.camera, event.track
        is_end = isinstance(event, TrackEvent) and event.action is TrackAction.END
        if is_end:
            self._evidence.pop(key, None)
        elif event.evidence:
            self._evidence[key] = event.evidence
        if is_noted or not isinstance(event, TrackEvent):  # the note knows which tracks are open
            return
        if is_end:
            self._open.pop(key, None)
        else:
            self._open[key] = event
