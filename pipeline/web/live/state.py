"""What is known of cameras and faces now, from the events of one or more nodes. One thread changes it."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from pipeline.bus.client import Gap, Item
from pipeline.events import (
    AlertEvent,
    CameraEvent,
    CameraHealth,
    Event,
    Evidence,
    GalleryHealth,
    HealthEvent,
    IdentityEvent,
    Message,
    NodeClock,
    PersonAction,
    PersonEvent,
    SampleEvent,
    TrackAction,
    TrackEvent,
)

NEWS = 20
FORGET_SECONDS = 60.0  # a face without an event for so long is gone: its end was lost
MAX_FACES = 500  # of a camera; a node that invents more does not fill the memory
MAX_CAMERAS = 1000
NOTHING = Evidence(
    state="unknown", person=None, score=0, threshold=0, margin=0, faces=0, effective=0, median_px=0, reasons=()
)


class Face(msgspec.Struct):
    """A track that is open. crop: its best one so far, JPEG; None without samples. heard: by the page's clock."""

    track: int
    box: tuple[float, float, float, float]
    face_px: float
    evidence: Evidence
    began: float
    heard: float
    crop: bytes | None = None


class Camera(msgspec.Struct):
    """A camera as its newest events say. fps: frames a second between the last two heartbeats; None before.

    picture: number of its newest picture; None without pictures.
    """

    node: str
    name: str
    epoch: str
    state: str = "connecting"
    reason: str = ""
    width: int = 0
    height: int = 0
    frames: int = 0
    dropped: int = 0
    fps: float | None = None
    frame_age: float | None = None
    uptime: float = 0.0
    clock_offset: float | None = None
    picture: int | None = None
    faces: dict[int, Face] = {}


class Node(msgspec.Struct):
    """A node and when it was heard last, by the page's clock. gallery: how new its copy is; None for a file."""

    name: str
    epoch: str
    version: str
    people: int
    latency_p50: float | None
    gallery: GalleryHealth | None
    heard: float
    clock: NodeClock | None = None


class News(msgspec.Struct, frozen=True):
    """Something to read out: a name given or withdrawn, or an alert."""

    at: float
    camera: str
    text: str
    node: str = ""
    track: int | None = None


class Changes(NamedTuple):
    """Cameras as they are now, node and name of those that are gone, and news."""

    cameras: list[Camera]
    gone: list[tuple[str, str]]
    news: list[News]


class LiveState:
    """Cameras, faces and news of all nodes that are listened to. Its methods may be called by any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._nodes: dict[str, Node] = {}
        self._cameras: dict[tuple[str, str], Camera] = {}
        self._news: deque[News] = deque(maxlen=NEWS)
        self._changed: set[tuple[str, str]] = set()
        self._fresh_news: list[News] = []

    def take(self, item: Item) -> None:
        """Take an item of the bus."""
        if isinstance(item, Gap):
            return
        with self._lock:
            self._apply(item)

    def changes(self) -> "Changes":
        """What changed since the last call."""
        with self._lock:
            self._forget_lost_faces()
            changed, self._changed = sorted(self._changed), set()
            news, self._fresh_news = self._fresh_news, []
            cameras = [_copy(self._cameras[key]) for key in changed if key in self._cameras]
            return Changes(cameras, [key for key in changed if key not in self._cameras], news)

    def note_picture(self, node: str, camera: str, number: int) -> None:
        """There is a newer picture of a camera."""
        with self._lock:
            if found := self._cameras.get((node, camera)):
                found.picture = number
                self._changed.add((node, camera))

    def cameras(self) -> list[Camera]:
        """All cameras, by node and name."""
        with self._lock:
            return [_copy(camera) for _, camera in sorted(self._cameras.items())]

    def nodes(self) -> list[tuple[Node, float]]:
        """All nodes, and for how many seconds each has been silent."""
        with self._lock:
            now = self._clock()
            return [(node, now - node.heard) for _, node in sorted(self._nodes.items())]

    def news(self) -> list[News]:
        """The newest first."""
        with self._lock:
            return list(reversed(self._news))

    def face(self, node: str, camera: str, track: int) -> tuple[Camera, Face] | None:
        """An open track; None where it is gone."""
        with self._lock:
            found = self._cameras.get((node, camera))
            face = found.faces.get(track) if found else None
            return (_copy(found), face) if found and face else None

    def _apply(self, event: Event) -> None:
        if isinstance(event, HealthEvent):
            self._take_health(event)
        elif isinstance(event, CameraEvent):
            self._take_camera(event)
        elif isinstance(event, TrackEvent):
            self._take_track(event)
        elif isinstance(event, IdentityEvent):
            self._take_identity(event)
        elif isinstance(event, SampleEvent):
            self._take_sample(event)
        elif isinstance(event, PersonEvent):
            self._take_name(event)
        elif isinstance(event, AlertEvent):
            self._tell(News(event.wall_time, event.camera, event.text, event.of_node, event.track))

    def _take_health(self, event: HealthEvent) -> None:
        self._nodes[event.node] = Node(
            event.node,
            event.epoch,
            event.version,
            event.people,
            event.latency_p50,
            event.gallery,
            self._clock(),
            event.clock,
        )
        for name, health in event.cameras.items():
            if camera := self._camera(event, name):
                _measure(camera, health, event.uptime)
        self._drop_cameras_but(event)

    def _take_camera(self, event: CameraEvent) -> None:
        if camera := self._camera(event, event.camera):
            camera.state, camera.reason = str(event.state), event.reason
            if event.width and event.height:
                camera.width, camera.height = event.width, event.height

    def _take_track(self, event: TrackEvent) -> None:
        camera = self._camera(event, event.camera)
        if camera is None:
            return
        if event.action is TrackAction.END:
            camera.faces.pop(event.track, None)
            return
        if face := self._face(camera, event):
            face.box, face.face_px, face.heard = event.box, event.face_px, self._clock()
            face.evidence = event.evidence or face.evidence

    def _take_identity(self, event: IdentityEvent) -> None:
        if camera := self._camera(event, event.camera):
            if face := camera.faces.get(event.track):
                face.evidence, face.heard = event.evidence, self._clock()
            who = event.person or event.previous or "somebody"
            text = {"retracted": f"{who}: name withdrawn", "renamed": f"{who} (was {event.previous})"}.get(
                event.action, who
            )
            self._tell(News(event.wall_time, event.camera, text, event.node, event.track))

    def _take_name(self, event: PersonEvent) -> None:
        """Somebody is called otherwise: faces in view at once, without waiting for their next event."""
        if event.action not in (PersonAction.RENAMED, PersonAction.MERGED):
            return
        for key, camera in self._cameras.items():
            for face in camera.faces.values():
                if face.evidence.person == event.previous_person:
                    face.evidence = msgspec.structs.replace(face.evidence, person=event.person)
                    self._changed.add(key)
        self._tell(News(event.wall_time, "", f"{event.person} (was {event.previous_person})"))

    def _take_sample(self, event: SampleEvent) -> None:
        camera = self._camera(event, event.camera)
        if camera and event.crop and (face := camera.faces.get(event.track)):
            face.crop = event.crop

    def _camera(self, event: Message, name: str) -> Camera | None:
        """The camera of an event, marked as changed; a new run begins with an empty one. None: there are too many."""
        key = (event.node, name)
        camera = self._cameras.get(key)
        if camera is None or camera.epoch != event.epoch:
            if camera is None and len(self._cameras) >= MAX_CAMERAS:
                return None
            camera = self._cameras[key] = Camera(event.node, name, event.epoch, faces={})
        self._changed.add(key)
        return camera

    def _face(self, camera: Camera, event: TrackEvent) -> Face | None:
        face = camera.faces.get(event.track)
        if face is None and len(camera.faces) < MAX_FACES:
            began = event.wall_time - event.age
            face = Face(event.track, event.box, event.face_px, NOTHING, began, self._clock())
            camera.faces[event.track] = face
        return face

    def _drop_cameras_but(self, event: HealthEvent) -> None:
        """Forget cameras that the node has no more: of an earlier run, or taken away."""
        gone = [key for key in self._cameras if key[0] == event.node and key[1] not in event.cameras]
        for key in gone:
            del self._cameras[key]
            self._changed.add(key)

    def _forget_lost_faces(self) -> None:
        now = self._clock()
        for key, camera in self._cameras.items():
            lost = [track for track, face in camera.faces.items() if now - face.heard > FORGET_SECONDS]
            for track in lost:
                del camera.faces[track]
                self._changed.add(key)

    def _tell(self, news: News) -> None:
        self._news.append(news)
        self._fresh_news = [*self._fresh_news, news][-NEWS:]


def _measure(camera: Camera, health: CameraHealth, uptime: float) -> None:
    """Frames a second from two heartbeats, which count from the start of the node."""
    if uptime > camera.uptime > 0 and health.frames >= camera.frames:
        camera.fps = (health.frames - camera.frames) / (uptime - camera.uptime)
    camera.frames, camera.dropped, camera.uptime = health.frames, health.dropped, uptime
    camera.state, camera.frame_age = str(health.state), health.frame_age
    camera.clock_offset = health.clock_offset


def _copy(camera: Camera) -> Camera:
    return msgspec.structs.replace(camera, faces={track: _copy_face(face) for track, face in camera.faces.items()})


def _copy_face(face: Face) -> Face:
    return msgspec.structs.replace(face)
