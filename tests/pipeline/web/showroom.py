"""A watch room to look at: a past, a gallery, and a node that publishes what people who do not exist do."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np

from detectors.arrays import Image
from glimpse.enroller import enroller_of
from glimpse.history_gallery import GalleryOfHistory
from glimpse.models import shipped_models
from glimpse.web_people import RoomEnrolment
from pipeline.alerts.cause import Cause
from pipeline.alerts.database import Database as Alerts
from pipeline.alerts.memory import Memory
from pipeline.alerts.store import AlertStore, Terms
from pipeline.alerts.views import NodeView
from pipeline.bus.preview.message import Preview, PreviewHeader
from pipeline.bus.publisher import Publisher
from pipeline.events import CameraHealth, Event, Evidence, GalleryHealth, NodeClock, TrackAction
from pipeline.history.corrections.correction import Desk
from pipeline.history.database import open_database
from pipeline.history.groups.membership import Membership, new_group, put, refresh
from pipeline.history.reader import HistoryReader
from pipeline.history.store import HistoryWriter
from pipeline.settings.rooms.alerts import AlertRule
from pipeline.types import CameraState
from pipeline.web.live.room import LiveRoom
from pipeline.web.room import Room
from recognizer.gallery.chips import encode_chip
from recognizer.gallery.store import Face, Gallery
from tests.synthetic.events import NODE, camera, evidence, health, identity, sample, track
from tests.synthetic.node import free_address
from tests.synthetic.portraits import portrait

PEOPLE = ("Ada", "Ben", "Cleo", "Dan", "Edda", "Finn")
CAMERAS = ("door", "till", "yard")
MODEL = "m"
SECONDS_APART = 700.0
SAMPLE_EVERY = 4  # seconds between two crops of somebody
STARE = 6  # events of each track with evidence
WIDTH, HEIGHT, SIDE = 640, 360, 112


def jpeg(picture: Image, quality: int = 85) -> bytes:
    """A picture as a JPEG file."""
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def make_gallery(path: Path, people: Sequence[str] = PEOPLE[:4]) -> Path:
    """A gallery of people with their portraits; vectors are made up."""
    with Gallery(path, create=True) as gallery:
        for number, name in enumerate(people):
            chip = encode_chip(cv2.resize(portrait(PEOPLE[number % len(PEOPLE)])[40:216, 40:216], (112, 112)))
            face = Face(_vector(number), f"{number}.jpg", f"{number:064x}", face_px=100, quality=0.9, chip=chip)
            gallery.add(name, face, model_id=MODEL)
    return path


def visit(number: int, who: int, at: float, *, names: Sequence[str | None], camera_name: str) -> Iterator[Event]:
    """The events of somebody who walks up to a camera: larger, and surer, with every second."""
    name, key = names[who], {"camera": camera_name}
    common: dict[str, Any] = {"track": number, **key}
    begin = {"wall_time": at, "media_time": at}
    yield track(number * 20, action=TrackAction.NEW, age=0.0, **begin, **common)
    for step in range(STARE):
        seen = _evidence(name, step)
        when = {"wall_time": at + step, "media_time": at + step}
        size = 14.0 + 5 * step
        left, top = 60.0 + 55 * step + 23 * (number % 9), 40.0 + 38 * step
        box = (left, top, left + 0.8 * size, top + size)
        yield track(number * 20 + 1 + step, evidence=seen, age=float(step), face_px=size, box=box, **when, **common)
        if step == 3 and name:
            named = identity(number, person=name, number=number, camera=camera_name)
            yield msgspec.structs.replace(named, evidence=seen, **when)
    last = {"wall_time": at + STARE, "media_time": at + STARE}
    crop = jpeg(portrait(PEOPLE[who % len(PEOPLE)], SIDE)[14:98, 14:98])
    final = _evidence(name, STARE)
    yield (
        sample(number, person=name, crop=crop, track=number, **last, **key)
        if name
        else msgspec.structs.replace(
            sample(number, person=None, crop=crop, track=number, **last, **key), evidence=final
        )
    )
    yield track(number * 20 + 15, action=TrackAction.END, age=6.0, reason="lost", evidence=final, **last, **common)


def make_history(
    path: Path,
    *,
    visits: int = 60,
    now: float | None = None,
    names: Sequence[str | None] = (*PEOPLE[:4], None, None),
    cameras: Sequence[str] = CAMERAS,
) -> Path:
    """A history of so many visits up to now."""
    end = time.time() if now is None else now
    with HistoryWriter(path, unknowns=True) as history:
        for number in range(1, visits + 1):
            who = (number * 7) % len(names)
            at = end - (visits - number + 1) * SECONDS_APART
            events = visit(number, who, at, names=names, camera_name=cameras[number % len(cameras)])
            history.add(list(events), None)
    return path


def make_groups(path: Path, *, strangers: Sequence[int] = (4, 5), people: int = 6) -> dict[int, list[int]]:
    """Put the tracks of each stranger of `make_history` into a group; returns the tracks of each group."""
    groups: dict[int, list[int]] = {}
    with open_database(path, create=True) as database, database.writing():
        rows = [(int(row), int(number) * 7 % people) for row, number in database.rows("SELECT id, number FROM tracks")]
        for stranger in strangers:
            group = new_group(database, at=0.0)
            groups[group] = [row for row, who in rows if who == stranger]
            put(database, [Membership(row, group, 0.001, by_hand=False) for row in groups[group]])
            refresh(database, [group])
    return groups


def make_alerts(path: Path, texts: Sequence[str] = ("Ada at the door.", "Ben at the till."), **of: Any) -> Path:
    """A file with an open alert for each text, about tracks 1, 2, … at the door. of: more fields of their causes."""
    crop = jpeg(portrait("Ada", SIDE))
    with Alerts(path, create=True) as database, database.writing():
        for number, text in enumerate(texts, 1):
            where = {"node": NODE, "epoch": "e1", "camera": "door", "person": "Ada"} | of
            words = {"key": f"c{number}", "subject": "Ada", "who": "Ada", "what": "at the door"}
            cause = Cause(**words, at=1.8e9 + number, track=number, **where)  # type: ignore[arg-type]
            terms = Terms(rule="friends", kind="person")
            AlertStore(database).raise_alert(terms, cause, text, 1.8e9 + number, crop=crop, known_as=["Ada"])
    return path


def hear(path: Path) -> None:
    """As if a process that raises alerts into this file had heard the node just now."""
    with Alerts(path) as database, database.writing():
        memory = Memory(database)
        memory.touch_node(NodeView(stream="show", heard=time.time()))
        memory.save(time.time())


def desk_opener(history: Path, gallery: Path) -> Callable[[str], AbstractContextManager[Desk]]:
    """What opens the desk of a user over these files, with the models that ship."""

    @contextmanager
    def opened(by: str) -> Iterator[Desk]:
        people = GalleryOfHistory(gallery, lambda: enroller_of(shipped_models()))
        with open_database(history, create=True) as database:
            yield Desk(database, people, by)

    return opened


def make_room(
    folder: Path, live: LiveRoom | None = None, *, visits: int = 60, people: Sequence[str] = PEOPLE[:4], **parts: Any
) -> Room:
    """A room with history, gallery and alerts that can be changed, and with the live side that is given."""
    history, gallery = make_history(folder / "history.db", visits=visits), make_gallery(folder / "people.db", people)
    make_groups(history)
    alerts = make_alerts(folder / "alerts.db")
    usual: dict[str, Any] = {
        "live": live or LiveRoom(),
        "open_history": lambda: HistoryReader(history),
        "open_gallery": lambda: Gallery(gallery, read_only=True),
        "open_desk": desk_opener(history, gallery),
        "enrolment": RoomEnrolment(gallery, shipped_models(), [str(gallery), str(history), str(alerts)]),
        "alerts": alerts,
        "rules": (AlertRule(name="friends", people=("Ada", "Ben")), AlertRule(name="strangers", kind="unknown")),
        "keeps_unknowns": True,
    }
    return Room(**usual | parts)


@dataclass
class ShowNode:
    """A node that shows people on three cameras. `tick` publishes a second of it."""

    bus: Publisher
    address: str
    cameras: Sequence[str] = CAMERAS
    names: Sequence[str | None] = (*PEOPLE[:4], None, None)
    seconds: int = 0
    seqs: dict[str, int] = field(default_factory=dict)
    gallery: GalleryHealth | None = None
    clock: NodeClock | None = None
    clock_offset: float | None = None

    def begin(self) -> None:
        """Cameras come up, and people appear."""
        for name in self.cameras:
            self._send(camera(self._next(name, "camera"), camera=name))
        for number, (name, box) in enumerate(self._people()):
            self._track(number, name, box, TrackAction.NEW)
            self._sample(number, name)
            if self._name(number):
                self._send(identity(number, camera=name, person=self._name(number), number=number + 1))

    def tick(self) -> None:
        """A second passes."""
        self.seconds += 1
        for number, (name, box) in enumerate(self._people()):
            self._track(number, name, box, TrackAction.UPDATE)
            if self.seconds % SAMPLE_EVERY == 0:
                self._sample(number, name)
        beat = health(self._next("", "health"), gallery=self.gallery)
        each = CameraHealth(
            state=CameraState.LIVE,
            frames=15 * self.seconds,
            dropped=self.seconds // 4,
            tracks=2,
            frame_age=0.04,
            clock_offset=self.clock_offset,
        )
        uptime = float(self.seconds)
        self._send(
            msgspec.structs.replace(
                beat,
                uptime=uptime,
                cameras=dict.fromkeys(self.cameras, each),
                wall_time=time.time(),
                last_seq={},
                clock=self.clock,
            )
        )

    def _sample(self, number: int, name: str) -> None:
        """A crop of somebody."""
        crop = jpeg(portrait(PEOPLE[number % len(PEOPLE)], SIDE)[14:98, 14:98])
        seq = self._next(name, "sample")
        self._send(sample(seq, camera=name, track=number + 1, crop=crop, person=self._name(number)))

    def previews(self) -> Iterator[Preview]:
        """A picture of each camera, for its preview socket."""
        for name in self.cameras:
            header = PreviewHeader(
                node=NODE,
                epoch="e1",
                camera=name,
                seq=self._next(name, "preview"),
                wall_time=time.time(),
                media_time=0.0,
                width=WIDTH,
                height=HEIGHT,
            )
            yield Preview(header, jpeg(self._picture(name)))

    def _people(self) -> list[tuple[str, tuple[float, float, float, float]]]:
        """Camera and face of each person: two at a camera."""
        found = []
        for number in range(2 * len(self.cameras)):
            left = 90.0 + 280 * (number % 2) + 12 * math.sin(self.seconds / 3 + number)
            top = 110.0 + 24 * (number % 3)
            found.append((self.cameras[number // 2], (left + 33, top + 32, left + 33 + 46, top + 32 + 52)))
        return found

    def _picture(self, name: str) -> Image:
        ramp = np.linspace(70, 165, HEIGHT, dtype=np.float32)[:, None, None]
        tint = np.array([1.0, 0.98, 0.94], np.float32) * (0.9 + 0.1 * self.cameras.index(name))
        picture = np.clip(np.broadcast_to(ramp * tint, (HEIGHT, WIDTH, 3)), 0, 255).astype(np.uint8)
        for number, (where, box) in enumerate(self._people()):
            if where == name:
                left, top = int(box[0] - 33), int(box[1] - 32)
                picture[top : top + SIDE, left : left + SIDE] = portrait(PEOPLE[number % len(PEOPLE)], SIDE)
        return picture

    def _name(self, number: int) -> str | None:
        return self.names[number % len(self.names)]

    def _track(self, number: int, name: str, box: tuple[float, ...], action: TrackAction) -> None:
        found = None if action is TrackAction.NEW else _evidence(self._name(number), 4)
        seq = self._next(name, "track")
        self._send(track(seq, camera=name, track=number + 1, box=box, face_px=52.0, action=action, evidence=found))

    def _next(self, name: str, kind: str) -> int:
        key = f"{kind}/{name}"
        self.seqs[key] = self.seqs.get(key, -1) + 1
        return self.seqs[key]

    def _send(self, event: Event) -> None:
        self.bus.on_event(event)


@contextmanager
def show_node(**parts: Any) -> Iterator[ShowNode]:
    """A node at a free address."""
    address = free_address()
    with closing(Publisher(address, node=NODE, epoch="e1")) as bus:
        yield ShowNode(bus, address, **parts)


def _evidence(name: str | None, step: int) -> Evidence:
    """Surer with every step; a stranger stays one."""
    score = (0.22 + 0.07 * step) if name else 0.16 + 0.01 * step
    state = "unknown" if not name else "named" if step >= 3 else "candidate"
    reason = f"{2 + 2 * step} faces, median {14 + 5 * step} px, margin {score / 2:.2f} above 0.08"
    return msgspec.structs.replace(
        evidence(name or "Ada"),
        state=state,
        person=name,
        score=round(score, 4),
        threshold=round(0.47 - 0.015 * step, 4),
        margin=round(score / 2, 4),
        faces=2 + 2 * step,
        median_px=14.0 + 5 * step,
        reasons=(reason,) if name else (f"score {score:.2f} below the threshold",),
        false_alarm=0.0004 if state == "named" else 0.3,
    )


def _vector(number: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.eye(4, dtype=np.float32)[number % 4]
