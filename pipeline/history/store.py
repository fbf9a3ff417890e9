"""Writes what a client received into a history, in one transaction with the client's position.

The client delivers at least once. An event is recognised by run, topic and seq, and the position is written in the same
transaction as the events before it: so each event is kept exactly once, whenever the process is killed.
"""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import msgspec

from pipeline.bus.position import Item, Position
from pipeline.bus.reorder import Gap
from pipeline.events import (
    CameraEvent,
    Evidence,
    SampleEvent,
    TrackAction,
    TrackEvent,
    encode,
    topic,
)
from pipeline.history.acceptable import OfTrack, can_be_kept, is_crop, is_template, without_pictures
from pipeline.history.database import Database, Row, open_database
from recognizer.base import State
from recognizer.gallery.names import printable

STATES = (State.UNKNOWN, State.CANDIDATE, State.AMBIGUOUS, State.NAMED)
"""From the worst to the best."""
_last_seqs: msgspec.json.Decoder[dict[str, int]] = msgspec.json.Decoder(dict[str, int])


class HistoryWriter:
    """The one process that writes the past of a node.

    place: an open database, a file, or a postgresql:// address.
    node: whose events these are; empty: in a database of one node, that of the first event.
    unknowns: keep templates and crops of tracks without the name of somebody enrolled, too.
    clock: Unix seconds; the age of all that is kept counts from when it was recorded, by this clock.
    Raises like `Database`, and ValueError for a node whose past belongs elsewhere.
    """

    def __init__(
        self,
        place: Database | Path | str,
        *,
        node: str = "",
        unknowns: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.database = open_database(place, create=True) if isinstance(place, Path | str) else place
        self._unknowns, self._clock, self._node = unknowns, clock, ""
        try:
            self._node = self._learn_node(node)
            with self.database.writing():
                self._introduce_node()
        except BaseException:
            self.close()
            raise

    @property
    def position(self) -> Position | None:
        """After which event the client goes on; None for a history that has none yet."""
        found = self.database.rows("SELECT epoch, last_seq FROM node WHERE name = ?", (self._node,))
        return Position(found[0][0], _last_seqs.decode(found[0][1])) if found and found[0][0] else None

    def add(self, items: Sequence[Item], position: Position | None) -> None:
        """Keep items that were not kept yet, and the position behind them; None: leave it as it is.

        Raises OSError where the disk is full, and ValueError for events of another node; nothing is kept then.
        """
        known = self._node
        try:
            with self.database.writing():
                for item in items:
                    if isinstance(item, Gap | CameraEvent | OfTrack) and can_be_kept(item):
                        self._add(item)
                if position:
                    self._move(position)
        except BaseException:
            self._node = known
            raise

    def close(self) -> None:
        """Close the database; may be called twice."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _add(self, item: Gap | CameraEvent | OfTrack) -> None:
        if isinstance(item, Gap):
            self._add_gap(item)
            return
        if item.node != self._node:
            self._node = self._learn_node(item.node)
            self._introduce_node()
        self._add_event(item)

    def _move(self, position: Position) -> None:
        last_seq = msgspec.json.encode(position.last_seq).decode()
        values = (position.epoch, last_seq, self._node)
        self.database.change("UPDATE node SET epoch = ?, last_seq = ? WHERE name = ?", values)

    def _learn_node(self, name: str) -> str:
        """Whose past it is from now on. Raises ValueError where it is that of another node."""
        known = self._node
        if not self.database.is_shared:
            known = next((found for (found,) in self.database.rows("SELECT name FROM node")), known)
        elif not (known or name):
            raise ValueError(f"history {self.database.name}: expected --node NAME, as several nodes may be kept there")
        if known and name not in ("", known):
            advice = "start a recorder for each node" if self.database.is_shared else "give each node its own file"
            raise ValueError(
                f"history {self.database.name}: expected events of node {known}, got {printable(name)}; {advice}"
            )
        return known or name

    def _introduce_node(self) -> None:
        """Note the node where it is new; what was recorded before its name was known is its own."""
        if self._node and self.database.change(
            "INSERT INTO node (name, epoch, last_seq) VALUES (?, '', '{}') ON CONFLICT DO NOTHING", (self._node,)
        ):
            self.database.change("UPDATE epochs SET node = ? WHERE node = ''", (self._node,))

    def _add_gap(self, gap: Gap) -> None:
        values = (self._epoch(gap.epoch), gap.topic, gap.first, gap.last, gap.open_end, self._clock())
        self.database.change("INSERT INTO gaps VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", values)

    def _add_event(self, event: CameraEvent | OfTrack) -> None:
        """Keep an event, unless it is kept already: what was erased or deleted since must not come back with it."""
        epoch, name = self._epoch(event.epoch), topic(event)
        key = (epoch, name, event.seq)
        if self.database.rows("SELECT 1 FROM events WHERE epoch = ? AND topic = ? AND seq = ?", key):
            return
        track = None if isinstance(event, CameraEvent) else self._track(epoch, event)
        if isinstance(event, SampleEvent):
            self._add_sample(track, event)
            event = without_pictures(event)
        body = encode(event)
        self.database.change(
            "INSERT INTO events (epoch, topic, seq, track, wall_time, recorded_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*key, track, event.wall_time, self._clock(), body),
        )
        self._count("events", len(body))

    def _epoch(self, name: str) -> int:
        if found := self.database.rows("SELECT id FROM epochs WHERE node = ? AND name = ?", (self._node, name)):
            return int(found[0][0])
        values = (self._node, name, self._clock())
        [(new,)] = self.database.rows(
            "INSERT INTO epochs (node, name, recorded_at) VALUES (?, ?, ?) RETURNING id", values
        )
        return int(new)

    def _track(self, epoch: int, event: OfTrack) -> int:
        """Note what an event says of its track, in whatever order events come; returns the row of the track."""
        found = self.database.rows(
            "SELECT id, first_seen, last_seen, face_px, evidence_time FROM tracks"
            " WHERE epoch = ? AND camera = ? AND number = ?",
            (epoch, event.camera, event.track),
        )
        track, known = self._update_track(found[0], event) if found else (self._new_track(epoch, event), None)
        if isinstance(event, TrackEvent) and event.action is TrackAction.END:
            self.database.change("UPDATE tracks SET ended = ? WHERE id = ?", (event.reason, track))
        if event.evidence and (known is None or event.media_time >= known):
            self._judge(track, event.evidence, event.media_time)
        return track

    def _new_track(self, epoch: int, event: OfTrack) -> int:
        seen = (event.wall_time, event.wall_time, _height(event), self._clock())
        [(track,)] = self.database.rows(
            "INSERT INTO tracks (epoch, camera, number, first_seen, last_seen, face_px, recorded_at, state, best_state)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, 'unknown', 'unknown') RETURNING id",
            (epoch, event.camera, event.track, *seen),
        )
        return int(track)

    def _update_track(self, known: Row, event: OfTrack) -> tuple[int, float | None]:
        """Returns the row and the time of its newest evidence."""
        track, first, last, height, evidence_time = known
        last = max(last, min(event.wall_time, first + _age(event)))
        values = (min(first, event.wall_time), last, max(height, _height(event)), self._clock(), track)
        self.database.change(
            "UPDATE tracks SET first_seen = ?, last_seen = ?, face_px = ?, recorded_at = ? WHERE id = ?", values
        )
        return int(track), evidence_time

    def _judge(self, track: int, evidence: Evidence, time: float) -> None:
        """Take over who the track is; without a name, and without `unknowns`, what it looks like is erased."""
        [(best,)] = self.database.rows("SELECT best_state FROM tracks WHERE id = ?", (track,))
        best = max(best, evidence.state, key=_rank)
        named = evidence.state == State.NAMED
        self.database.change(
            "UPDATE tracks SET state = ?, person = ?, score = ?, false_alarm = ?, evidence_time = ?, best_state = ?"
            " WHERE id = ?",
            (evidence.state, evidence.person, evidence.score, evidence.false_alarm, time, best, track),
        )
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
        if is_template(event.template):
            figures = (event.pooled_px, event.looks, event.effective, event.weight, event.template)
            self._replace("templates", (track, named, now, event.model_id, *figures))
        if is_crop(event.crop):
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
