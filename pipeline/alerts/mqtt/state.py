"""What is known of a node: cameras, faces in view, and where each person was last seen. No clock, no sockets."""

from collections.abc import Collection
from typing import Any

import msgspec

from pipeline.events import (
    CameraEvent,
    Event,
    HealthEvent,
    IdentityEvent,
    PersonAction,
    PersonEvent,
    TrackAction,
    TrackEvent,
)

SETTLED_SECONDS = 10.0
"""Uptime from which a heartbeat lists every camera."""
GONE_SECONDS = 60.0
"""For so long the last sight of somebody who is not enrolled any more is kept, for their new name."""
NAMED = "named"


class Sight(msgspec.Struct):
    """When and where a person was last seen. time: Unix seconds."""

    camera: str
    time: float
    face_px: float


class Gone(msgspec.Struct):
    """The last sight of somebody who is not enrolled any more, under that name. since: Unix seconds."""

    sight: Sight
    since: float


class Face(msgspec.Struct):
    """A track that is open. shown: what was last published of it in Frigate's form."""

    epoch: str
    camera: str
    person: str | None = None
    shown: dict[str, Any] = {}


class Camera(msgspec.Struct):
    """The state of a source, as in its last event."""

    state: str
    reason: str = ""


class NodeState(msgspec.Struct):
    """Kept between two events; people by their names, faces by run, camera and track."""

    epoch: str = ""
    version: str = ""
    people: dict[str, Sight] = {}
    gone: dict[str, Gone] = {}
    cameras: dict[str, Camera] = {}
    faces: dict[str, Face] = {}

    def apply(self, event: Event) -> None:
        """Take in an event; those of other kinds change nothing."""
        match event:
            case HealthEvent():
                self._beat(event)
            case CameraEvent():
                self.cameras[event.camera] = Camera(str(event.state), event.reason)
            case IdentityEvent():
                self._see(event, event.person)
            case TrackEvent(action=TrackAction.END):
                self.faces.pop(face_key(event), None)
            case TrackEvent():
                self._follow(event)
            case PersonEvent(action=PersonAction.RENAMED | PersonAction.MERGED):
                self._rename(event.previous_person, event.person)
            case _:
                pass

    def keep_people(self, enrolled: Collection[str], now: float) -> None:
        """Forget everybody else, after a while: somebody renamed is not enrolled any more, and the event that says so
        comes a moment later. now: Unix seconds."""
        gone = {name: Gone(sight, now) for name, sight in self.people.items() if name not in enrolled}
        kept = {name: one for name, one in self.gone.items() if abs(now - one.since) < GONE_SECONDS}
        self.gone = {name: one for name, one in (gone | kept).items() if name not in enrolled}
        self.people = {name: sight for name, sight in self.people.items() if name in enrolled}
        for face in self.faces.values():
            face.person = face.person if face.person in enrolled else None

    def names_in_view(self, camera: str) -> list[str]:
        """Who is named at a camera now, in order."""
        names = {face.person for face in self.faces.values() if face.camera == camera and face.person}
        return sorted(name for name in names if not is_masked(name))

    def count_faces(self, camera: str) -> int:
        """Faces in view of a camera, strangers too."""
        return sum(face.camera == camera for face in self.faces.values())

    def is_in_view(self, person: str) -> bool:
        """Whether a person is named at any camera now."""
        return any(face.person == person for face in self.faces.values())

    def _beat(self, event: HealthEvent) -> None:
        self.version = event.version
        if event.epoch != self.epoch:  # a killed run's tracks are ended by the next, but only where it has an outbox
            self.epoch = event.epoch
            self.faces = {key: face for key, face in self.faces.items() if face.epoch == event.epoch}
        for name, health in event.cameras.items():
            known = self.cameras.get(name)
            if known is None or known.state != health.state:
                self.cameras[name] = Camera(str(health.state))
        if event.uptime >= SETTLED_SECONDS:
            self.cameras = {name: camera for name, camera in self.cameras.items() if name in event.cameras}

    def _rename(self, previous: str | None, person: str | None) -> None:
        """The last sight of somebody counts for their new name; for one of two people, the later sight does."""
        if not previous or not person or is_masked(previous) or is_masked(person):
            return
        gone, sight = self.gone.pop(previous, None), self.people.pop(previous, None)
        sight = sight or (gone.sight if gone else None)
        known = self.people.get(person)
        if sight and (known is None or sight.time > known.time):
            self.people[person] = sight
        for face in self.faces.values():
            face.person = person if face.person == previous else face.person

    def _follow(self, event: TrackEvent) -> None:
        known = self.faces.get(face_key(event))
        person = known.person if known else None
        if event.evidence:
            person = event.evidence.person if event.evidence.state == NAMED else None
        self._see(event, person)

    def _see(self, event: TrackEvent | IdentityEvent, person: str | None) -> None:
        name = person if person and not is_masked(person) else None
        face = self.faces.setdefault(face_key(event), Face(event.epoch, event.camera))
        face.person = name
        known = self.people.get(name) if name else None
        if name and (known is None or event.wall_time >= known.time):
            self.people[name] = Sight(event.camera, event.wall_time, event.face_px)


def face_key(event: TrackEvent | IdentityEvent) -> str:
    """What a track is kept under."""
    return f"{event.epoch}/{event.camera}/{event.track}"


def is_masked(name: str) -> bool:
    """Whether an erasure has overwritten this name."""
    return not name.strip("*")
