"""Writes what a client received into a history, in one transaction with the client's position.

The client delivers at least once. An event is recognised by run, topic and seq, and the position is written in the same
transaction as the events before it: so each event is kept exactly once, whenever the process is killed.
"""

import logging
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import msgspec
import numpy as np

from pipeline.bus.position import Item, Position
from pipeline.bus.reorder import Gap
from pipeline.events import (
    CameraEvent,
    Evidence,
    IdentityEvent,
    SampleEvent,
    TrackAction,
    TrackEvent,
    encode,
    topic,
)
from pipeline.history.corrections.names import current_name
from pipeline.history.corrections.verdicts import apply_verdicts
from pipeline.history.database import Database
from recognizer.base import State

log = logging.getLogger(__name__)

STATES = (State.UNKNOWN, State.CANDIDATE, State.AMBIGUOUS, State.NAMED)
"""From the worst to the best."""
MAX_LENGTH_ERROR = 0.01  # of a template, which is a unit vector rounded to float16
_last_seqs: msgspec.json.Decoder[dict[str, int]] = msgspec.json.Decoder(dict[str, int])
OfTrack = TrackEvent | IdentityEvent | SampleEvent


class HistoryWriter:
    """The one process that writes a history.

    unknowns: keep templates and crops of tracks without the name of somebody enrolled, too.
    clock: Unix seconds; the age of all that is kept counts from when it was recorded, by this clock.
    Raises like `Database`.
    """

    def __init__(self, path: Path, *, unknowns: bool = False, clock: Callable[[], float] = time.time) -> None:
        self.database = Database(path, create=True)
        self._unknowns, self._clock = unknowns, clock

    @property
    def position(self) -> Position | None:
        """After which event the client goes on; None for a history that has none yet."""
        [(epoch, last_seq)] = self.database.rows("SELECT epoch, last_seq FROM node")
        return Position(epoch, _last_seqs.decode(last_seq)) if epoch else None

    def add(self, items: Sequence[Item], position: Position | None) -> None:
        """Keep items that were not kept yet, and the position behind them; None: leave it as it is.

        Raises OSError where the disk is full, and ValueError for events of another node; nothing is kept then.
        """
        with self.database.writing():
            for item in items:
                if isinstance(item, Gap):
                    self._add_gap(item)
                elif isinstance(item, CameraEvent | OfTrack):
                    self._add_event(item)
            if position:
                last_seq = msgspec.json.encode(position.last_seq).decode()
                self.database.change("UPDATE node SET epoch = ?, last_seq = ?", (position.epoch, last_seq))

    def close(self) -> None:
        """Close the file; may be called twice."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _add_gap(self, gap: Gap) -> None:
        values = (self._epoch(gap.epoch), gap.topic, gap.first, gap.last, gap.open_end, self._clock())
        self.database.change("INSERT OR IGNORE INTO gaps VALUES (?, ?, ?, ?, ?, ?)", values)

    def _add_event(self, event: CameraEvent | OfTrack) -> None:
        """Keep an event, unless it is kept already: what was erased or deleted since must not come back with it."""
        self._check_node(event.node)
        epoch, name = self._epoch(event.epoch), topic(event)
        key = (epoch, name, event.seq)
        if self.database.rows("SELECT 1 FROM events WHERE epoch = ? AND topic = ? AND seq = ?", key):
            return
        track = None if isinstance(event, CameraEvent) else self._track(epoch, event)
        if isinstance(event, SampleEvent):
            self._add_sample(track, event)
            event = msgspec.structs.replace(event, template=b"", crop=b"")
        body = encode(event)
        self.database.change(
            "INSERT INTO events (epoch, topic, seq, track, wall_time, recorded_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*key, track, event.wall_time, self._clock(), body),
        )
        self._count("events", len(body))

    def _check_node(self, name: str) -> None:
        [(known,)] = self.database.rows("SELECT name FROM node")
        if not known:
            self.database.change("UPDATE node SET name = ?", (name,))
        elif known != name:
            raise ValueError(
                f"history {self.database.path}: expected events of node {known}, got {name};"
                " give each node its own file"
            )

    def _epoch(self, name: str) -> int:
        if found := self.database.rows("SELECT id FROM epochs WHERE name = ?", (name,)):
            return int(found[0][0])
        self.database.change("INSERT INTO epochs (name, recorded_at) VALUES (?, ?)", (name, self._clock()))
        return self._epoch(name)

    def _track(self, epoch: int, event: OfTrack) -> int:
        """Note what an event says of its track, in whatever order events come; returns the row of the track."""
        [(track, known)] = self.database.rows(
            "INSERT INTO tracks (epoch, camera, number, first_seen, last_seen, face_px, state, best_state, recorded_at)"
            " VALUES (?, ?, ?, ?, ?, ?, 'unknown', 'unknown', ?) ON CONFLICT DO UPDATE SET"
            " first_seen = min(first_seen, excluded.first_seen),"
            " last_seen = max(last_seen, min(excluded.last_seen, first_seen + ?)),"
            " face_px = max(face_px, excluded.face_px), recorded_at = excluded.recorded_at"
            " RETURNING id, evidence_time",
            (epoch, event.camera, event.track, *[event.wall_time] * 2, _height(event), self._clock(), _age(event)),
        )
        if isinstance(event, TrackEvent) and event.action is TrackAction.END:
            self.database.change("UPDATE tracks SET ended = ? WHERE id = ?", (event.reason, track))
        if event.evidence and (known is None or event.media_time >= known):
            self._judge(track, event.evidence, event)
        return int(track)

    def _judge(self, track: int, evidence: Evidence, event: OfTrack) -> None:
        """Take over who the track is; without a name, and without `unknowns`, what it looks like is erased.

        What an operator said of the track stands, and a name that was changed since is the new one.
        """
        [(best,)] = self.database.rows("SELECT best_state FROM tracks WHERE id = ?", (track,))
        best = max(best, evidence.state, key=_rank)
        person = current_name(self.database, evidence.person, at=event.wall_time)
        figures = (evidence.score, evidence.false_alarm, event.media_time, best)
        self.database.change(
            "UPDATE tracks SET state = ?, person = ?, score = ?, false_alarm = ?, evidence_time = ?, best_state = ?,"
            " evidence_state = NULL, evidence_person = NULL WHERE id = ?",
            (evidence.state, person, *figures, track),
        )
        named = int(apply_verdicts(self.database, track) == State.NAMED)
        for kind in ("crops", "templates"):
            self.database.change(f"UPDATE {kind} SET named = ? WHERE track = ? AND named <> ?", (named, track, named))
            if not (named or self._unknowns):
                self._remove(kind, track)

    def _add_sample(self, track: int | None, event: SampleEvent) -> None:
        [(state,)] = self.database.rows("SELECT state FROM tracks WHERE id = ?", (track,))
        named = state == State.NAMED
        if not (named or self._unknowns):
            return
        now = self._clock()
        if _is_template(event.template):
            figures = (event.pooled_px, event.looks, event.effective, event.weight, event.template)
            self._replace("templates", (track, named, now, event.model_id, *figures))
        if any(event.crop):
            self._replace("crops", (track, named, now, event.crop_px, event.crop))

    def _replace(self, kind: str, values: tuple[Any, ...]) -> None:
        """Put a row, whose first value is its track and whose last its data, in the place of an earlier one."""
        self._remove(kind, values[0])
        self.database.change(f"INSERT INTO {kind} VALUES ({', '.join('?' * len(values))})", values)
        self._count(kind, len(values[-1]))

    def _remove(self, kind: str, track: int) -> None:
        removed = self.database.rows(f"DELETE FROM {kind} WHERE track = ? RETURNING length(data)", (track,))
        self._count(kind, -sum(size for (size,) in removed))

    def _count(self, kind: str, change: int) -> None:
        if change:
            self.database.change("UPDATE usage SET bytes = bytes + ? WHERE kind = ?", (change, kind))


def _age(event: OfTrack) -> float:
    """How long at most, in seconds, an event shows that its track was seen; an `end` comes later than that."""
    if isinstance(event, SampleEvent):
        return 0.0
    return event.age if isinstance(event, TrackEvent) and event.action is TrackAction.END else math.inf


def _height(event: OfTrack) -> float:
    return event.crop_px if isinstance(event, SampleEvent) else event.face_px


def _rank(state: str) -> int:
    return STATES.index(State(state)) if state in STATES else -1


def _is_template(data: bytes) -> bool:
    """Whether these are the bytes of a unit vector; zeros stand for one that was erased."""
    if not data or len(data) % 2:
        log.warning("history: left out a template of %d bytes", len(data))
        return False
    length = float(np.linalg.norm(np.frombuffer(data, "<f2").astype(np.float32)))
    return abs(length - 1) <= MAX_LENGTH_ERROR
