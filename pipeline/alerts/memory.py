"""What the process knows: open tracks, cameras, nodes, subjects and positions; a cache of what the file holds.

It is written in the transaction of what it caused, so that a kill at any moment leaves both or neither. Where another
process has changed the file (an acknowledgement, an erasure), it is read anew.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from pipeline.alerts.database import Database
from pipeline.alerts.late import Late
from pipeline.alerts.subjects import Sighting, Subjects
from pipeline.alerts.views import CameraView, NodeView, TrackView
from pipeline.bus.position import Position

MAX_CROP_BYTES = 16 << 10
MAX_TRACKS = 20_000
V = TypeVar("V", TrackView, CameraView, NodeView, Late)
_last_seqs: msgspec.json.Decoder[dict[str, int]] = msgspec.json.Decoder(dict[str, int])


class Memory:
    """tracks, cameras, nodes: by their names; tell `touch` of each that is changed, and `drop_track` to forget one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.subjects = Subjects(self._load_subject)
        self.load()

    def load(self) -> None:
        """Read all from the file."""
        self._version = self._database.data_version
        rows: dict[str, bytes] = dict(self._database.rows("SELECT name, body FROM state"))
        self.tracks = _views(rows, "track/", TrackView)
        self.cameras = _views(rows, "camera/", CameraView)
        self.nodes = _views(rows, "node/", NodeView)
        self.late = _views(rows, "late/", Late).get("", Late())
        seen = self._database.rows("SELECT epoch, topic, seq FROM seen")
        self._seen = {(epoch, topic): seq for epoch, topic, seq in seen}
        self._touched: dict[str, Callable[[], bytes]] = {}
        self._dropped: set[str] = set()
        self._new_seen: set[tuple[str, str]] = set()
        self.subjects.forget()

    def load_if_changed(self) -> None:
        """Read all again if another process has changed the file. Call it at the start of a transaction."""
        if self._database.data_version != self._version:
            self.load()

    def is_new(self, epoch: str, topic: str, seq: int) -> bool:
        """Whether nothing with this seq or a later one was taken from this topic and run; it is then."""
        key = (epoch, topic)
        if seq <= self._seen.get(key, -1):
            return False
        self._seen[key] = seq
        self._new_seen.add(key)
        return True

    def touch_track(self, track: TrackView) -> None:
        """Keep a track, new or changed. Beyond MAX_TRACKS, some are forgotten."""
        name = track.name
        if name not in self.tracks:
            self.tracks[name] = track
            if len(self.tracks) > MAX_TRACKS:
                self._drop_oldest()
        self._touch(f"track/{name}", track)

    def touch_camera(self, camera: CameraView) -> None:
        """Keep a camera, new or changed."""
        name = f"{camera.node}/{camera.camera}"
        self.cameras[name] = camera
        self._touch(f"camera/{name}", camera)

    def touch_node(self, node: NodeView) -> None:
        """Keep a node, new or changed."""
        self.nodes[node.stream] = node
        self._touch(f"node/{node.stream}", node)

    def touch_late(self) -> None:
        """Keep what came too late."""
        self._touch("late/", self.late)

    def drop_track(self, track: TrackView) -> None:
        """Forget a track and its crop."""
        self.tracks.pop(track.name, None)
        self._drop(f"track/{track.name}")

    def drop_camera(self, camera: CameraView) -> None:
        """Forget a camera."""
        self.cameras.pop(f"{camera.node}/{camera.camera}", None)
        self._drop(f"camera/{camera.node}/{camera.camera}")

    def put_crop(self, track: TrackView, px: float, crop: bytes) -> bool:
        """Keep the best crop of a track, at once; False for a smaller one, or one of more than MAX_CROP_BYTES."""
        if len(crop) > MAX_CROP_BYTES or not any(crop):  # zeros: erased
            return False
        return 0 < self._database.change(
            "INSERT INTO crops VALUES (?, ?, ?) ON CONFLICT (track) DO UPDATE SET px = excluded.px,"
            " crop = excluded.crop WHERE excluded.px >= px",
            (track.name, px, self._database.cipher.seal(crop)),
        )

    def rename(self, previous: str, person: str, rules: Iterable[str]) -> None:
        """Somebody is called otherwise: open tracks, what they raised, and what the rules know of the person."""
        for track in self.tracks.values():
            if _rename_in(track, previous, person):
                self.touch_track(track)
        for rule in rules:
            self.subjects.move(rule, f"person/{previous}", f"person/{person}")

    def crop(self, track: str) -> bytes:
        """The best crop of a track, by its name; empty where there is none."""
        found = self._database.rows("SELECT crop FROM crops WHERE track = ?", (track,))
        return (self._database.cipher.open_sound(bytes(found[0][0])) if found else None) or b""

    def position(self, stream: str) -> Position | None:
        """After which event a stream goes on; None for a new one."""
        found = self._database.rows("SELECT epoch, last_seq FROM positions WHERE stream = ?", (stream,))
        return Position(found[0][0], _last_seqs.decode(found[0][1])) if found else None

    def put_position(self, stream: str, position: Position) -> None:
        """Keep after which event a stream goes on."""
        values = (stream, position.epoch, msgspec.json.encode(position.last_seq).decode())
        self._database.change("INSERT OR REPLACE INTO positions VALUES (?, ?, ?)", values)

    def save(self, now: float) -> None:
        """Write what has changed, within the caller's transaction."""
        change_many = self._database.change_many
        change_many("DELETE FROM crops WHERE track = ?", ((name.partition("/")[2],) for name in self._dropped))
        change_many("DELETE FROM state WHERE name = ?", ((name,) for name in self._dropped))
        change_many(
            "INSERT OR REPLACE INTO state VALUES (?, ?)", ((name, body()) for name, body in self._touched.items())
        )
        seen = ((*key, self._seen[key], now) for key in self._new_seen)
        change_many("INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?)", seen)
        subjects = (
            (rule, subject, now, msgspec.json.encode(known)) for rule, subject, known in self.subjects.take_changed()
        )
        change_many("INSERT OR REPLACE INTO subjects VALUES (?, ?, ?, ?)", subjects)
        self._touched, self._dropped, self._new_seen = {}, set(), set()

    def _drop_oldest(self) -> None:
        """Forget a tenth of all tracks: first those that only the history spoke of, then the oldest."""
        by_use = sorted(self.tracks.values(), key=lambda track: (track.at > 0, track.heard))
        for track in by_use[: MAX_TRACKS // 10]:
            self.drop_track(track)

    def _touch(self, name: str, view: V) -> None:
        self._dropped.discard(name)
        self._touched[name] = lambda: msgspec.json.encode(view)

    def _drop(self, name: str) -> None:
        self._touched.pop(name, None)
        self._dropped.add(name)

    def _load_subject(self, rule: str, subject: str) -> Sighting | None:
        found = self._database.rows("SELECT body FROM subjects WHERE rule = ? AND subject = ?", (rule, subject))
        return msgspec.json.decode(found[0][0], type=Sighting) if found else None


def _rename_in(track: TrackView, previous: str, person: str) -> bool:
    """Change a name in all that is known of a track; whether it was there. Keys end as `cause_of_track` makes them."""
    told, looks = track.told, track.looks
    if told == previous:
        track.told = person
    if looks and looks.person == previous:
        track.looks = msgspec.structs.replace(looks, person=person)
    old, new = f"{track.name}/{previous}", f"{track.name}/{person}"
    raised = {rule: [new if key == old else key for key in keys] for rule, keys in track.raised.items()}
    changed = (track.told, track.looks, raised) != (told, looks, track.raised)
    track.raised = raised
    return changed


def _views(rows: dict[str, bytes], prefix: str, kind: type[V]) -> dict[str, V]:
    """The views of one kind, by their names."""
    decoder = msgspec.json.Decoder(kind)
    names = (name for name in rows if name.startswith(prefix))
    return {name.removeprefix(prefix): decoder.decode(rows[name]) for name in names}
