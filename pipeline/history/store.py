"""Writes what a client received into a history, in one transaction with the client's position.

The client delivers at least once. An event is recognised by run, topic and seq, and the position is written in the same
transaction as the events before it: so each event is kept exactly once, whenever the process is killed.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import msgspec

from pipeline.bus.position import Item, Position
from pipeline.bus.reorder import Gap
from pipeline.events import (
    CameraEvent,
    SampleEvent,
    encode,
    topic,
)
from pipeline.history.acceptable import OfTrack, can_be_kept, is_crop, is_template, without_pictures
from pipeline.history.corrections.names import current_name
from pipeline.history.corrections.verdicts import apply_verdicts
from pipeline.history.database import Database, Row, open_database
from pipeline.history.track_state import TrackState, after, is_newest
from recognizer.base import State
from recognizer.gallery.names import printable

_last_seqs: msgspec.json.Decoder[dict[str, int]] = msgspec.json.Decoder(dict[str, int])

_STATE = ", ".join(TrackState._fields)
_KEY = "epoch, camera, number"
FIND_TRACK = f"SELECT id, {_STATE} FROM tracks WHERE epoch = ? AND camera = ? AND number = ?"
INSERT_TRACK = (
    f"INSERT INTO tracks ({_KEY}, {_STATE}, recorded_at)"
    f" VALUES ({', '.join('?' * (len(TrackState._fields) + 4))}) RETURNING id"
)
_CHANGES = ", ".join(f"{name} = ?" for name in TrackState._fields)
UPDATE_TRACK = f"UPDATE tracks SET {_CHANGES}, recorded_at = ? WHERE id = ?"
FORGET_EVIDENCE = (
    "UPDATE tracks SET evidence_state = NULL, evidence_person = NULL WHERE id = ? AND evidence_state IS NOT NULL"
)


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
        self._epochs: dict[str, int] = {}
        self._added: Counter[str] = Counter()  # bytes, in this transaction
        self._touched: set[int] = set()
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

    def add(self, items: Sequence[Item], position: Position | None) -> set[int]:
        """Keep items that were not kept yet, and the position behind them; None: leave it as it is.

        Returns the tracks that ended, or whose template or state changed.
        Raises OSError where the disk is full, and ValueError for events of another node; nothing is kept then.
        """
        known = self._node
        self._touched = set()
        try:
            with self.database.writing():
                for item in items:
                    if isinstance(item, Gap | CameraEvent | OfTrack) and can_be_kept(item):
                        self._add(item)
                if position:
                    self._move(position)
                self._count_bytes()
        except BaseException:  # what was noted of this transaction is not there
            self._node = known
            self._epochs.clear()
            self._added.clear()
            raise
        return self._touched

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
        track = None if isinstance(event, CameraEvent) else self._add_to_track(epoch, event)
        if isinstance(event, SampleEvent):
            event = without_pictures(event)
        body = encode(event)
        self.database.change(
            "INSERT INTO events (epoch, topic, seq, track, wall_time, recorded_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*key, track, event.wall_time, self._clock(), body),
        )
        self._added["events"] += len(body)

    def _epoch(self, name: str) -> int:
        if name not in self._epochs:
            self._epochs[name] = self._stored_epoch(name)
        return self._epochs[name]

    def _stored_epoch(self, name: str) -> int:
        if found := self.database.rows("SELECT id FROM epochs WHERE node = ? AND name = ?", (self._node, name)):
            return int(found[0][0])
        insert = "INSERT INTO epochs (node, name, recorded_at) VALUES (?, ?, ?) RETURNING id"
        return int(self.database.rows(insert, (self._node, name, self._clock()))[0][0])

    def _add_to_track(self, epoch: int, event: OfTrack) -> int:
        """Note what an event says of its track; returns the row of the track.

        What an operator said of the track stands, and a name that was changed since is the new one.
        """
        key = (epoch, event.camera, event.track)
        found = self.database.rows(FIND_TRACK, key)
        known = TrackState(*found[0][1:]) if found else None
        new, is_judged = after(known, event), is_newest(known, event)
        if is_judged:
            new = new._replace(person=current_name(self.database, new.person, at=event.wall_time))
        if known is None:
            track = int(self.database.rows(INSERT_TRACK, (*key, *new, self._clock()))[0][0])
        else:
            track = int(found[0][0])
            self.database.change(UPDATE_TRACK, (*new, self._clock(), track))
        named = self._apply_verdicts(track) if is_judged else new.is_named
        if known is not None and known.is_named != named:
            self._rename(track, named=named)
        if known is None or known.is_named != named or known.ended != new.ended:
            self._touched.add(track)
        if isinstance(event, SampleEvent) and (named or self._unknowns):
            self._add_sample(track, event, named=named)
        return track

    def _apply_verdicts(self, track: int) -> bool:
        """What operators said of a track holds against its newest evidence; whether it has a name then."""
        self.database.change(FORGET_EVIDENCE, (track,))
        return apply_verdicts(self.database, track) == State.NAMED

    def _rename(self, track: int, *, named: bool) -> None:
        """A track got a name or lost it; without one, and without `unknowns`, what it looks like is erased."""
        for kind in ("crops", "templates"):
            self.database.change(f"UPDATE {kind} SET named = ? WHERE track = ?", (named, track))
            if not (named or self._unknowns):
                self._remove(kind, track)

    def _add_sample(self, track: int, event: SampleEvent, *, named: bool) -> None:
        now = self._clock()
        self._touched.add(track)
        if is_template(event.template):
            figures = (event.pooled_px, event.looks, event.effective, event.weight)
            self._replace("templates", (track, named, now, event.model_id, *figures, self._seal(event.template)))
        if is_crop(event.crop):
            self._replace("crops", (track, named, now, event.crop_px, self._seal(event.crop)))

    def _seal(self, data: bytes) -> bytes:
        return self.database.cipher.seal(data)

    def _replace(self, kind: str, values: Row) -> None:
        """Put a row, whose first value is its track and whose last its data, in the place of an earlier one."""
        self._remove(kind, values[0])
        self.database.change(f"INSERT INTO {kind} VALUES ({', '.join('?' * len(values))})", values)
        self._added[kind] += len(values[-1])

    def _remove(self, kind: str, track: int) -> None:
        removed = self.database.rows(f"DELETE FROM {kind} WHERE track = ? RETURNING length(data)", (track,))
        self._added[kind] -= sum(size for (size,) in removed)

    def _count_bytes(self) -> None:
        """Add to the usage what this transaction added."""
        for kind, size in self._added.items():
            if size:
                self.database.change("UPDATE usage SET bytes = bytes + ? WHERE kind = ?", (size, kind))
        self._added.clear()
