"""Events of every kind, and sockets that must be closed, for the tests of the bus."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import zmq

from pipeline.events import (
    CameraEvent,
    CameraHealth,
    Event,
    Evidence,
    GalleryHealth,
    HealthEvent,
    IdentityAction,
    IdentityEvent,
    PersonAction,
    PersonEvent,
    SampleEvent,
    TrackAction,
    TrackEvent,
)
from pipeline.types import CameraState

NODE = "node"
EPOCH = "e1"
Context = zmq.Context[zmq.Socket[bytes]]


def evidence(person: str | None = "Ada") -> Evidence:
    return Evidence(
        state="named" if person else "unknown",
        person=person,
        score=0.61,
        threshold=0.42,
        margin=0.2,
        faces=9,
        effective=4.5,
        median_px=14.0,
        reasons=("9 faces, median 14 px",),
    )


def track(seq: int, *, camera: str = "door", epoch: str = EPOCH, **fields: Any) -> TrackEvent:
    values: dict[str, Any] = {
        "node": NODE,
        "wall_time": time.time(),
        "media_time": seq / 10,
        "action": TrackAction.UPDATE,
        "track": 1,
        "box": (10.0, 20.0, 30.0, 44.0),
        "face_px": 24.0,
        "score": 0.7,
        "age": 1.5,
        "capture_time": None,
        "evidence": None,
    }
    return TrackEvent(camera=camera, epoch=epoch, seq=seq, **{**values, **fields})


def identity(
    seq: int, *, camera: str = "door", epoch: str = EPOCH, person: str | None = "Ada", number: int = 1
) -> Event:
    return IdentityEvent(
        node=NODE,
        epoch=epoch,
        camera=camera,
        seq=seq,
        wall_time=time.time(),
        media_time=seq / 10,
        action=IdentityAction.NAMED if person else IdentityAction.RETRACTED,
        track=number,
        person=person,
        previous=None if person else "Ada",
        box=(10.0, 20.0, 30.0, 44.0),
        face_px=24.0,
        capture_time=1.5,
        evidence=evidence(person),
    )


def camera(seq: int, state: CameraState = CameraState.LIVE, *, camera: str = "door", epoch: str = EPOCH) -> Event:
    return CameraEvent(
        node=NODE,
        epoch=epoch,
        camera=camera,
        seq=seq,
        wall_time=time.time(),
        media_time=None,
        state=state,
        reason="",
        final=False,
        width=640,
        height=360,
    )


def sample(seq: int, *, camera: str = "door", epoch: str = EPOCH, person: str | None = "Ada", **fields: Any) -> Event:
    """The template is a unit vector of four numbers, the crop a JPEG's first bytes."""
    values: dict[str, Any] = {
        "node": NODE,
        "wall_time": time.time(),
        "media_time": seq / 10,
        "track": 1,
        "final": True,
        "model_id": "m",
        "template": np.array([0.6, 0.8, 0, 0], "<f2").tobytes(),
        "looks": 3.0,
        "effective": 4.5,
        "weight": 2.5,
        "pooled_px": 24.0,
        "crop": b"\xff\xd8 a small picture",
        "crop_px": 28.0,
        "evidence": evidence(person),
    }
    return SampleEvent(camera=camera, epoch=epoch, seq=seq, **{**values, **fields})


def health(
    seq: int, last_seq: dict[str, int] | None = None, *, epoch: str = EPOCH, gallery: GalleryHealth | None = None
) -> Event:
    beat = CameraHealth(state=CameraState.LIVE, frames=10, dropped=1, tracks=2, frame_age=0.04)
    return HealthEvent(
        node=NODE,
        epoch=epoch,
        camera="",
        seq=seq,
        wall_time=time.time(),
        uptime=12.5,
        version="1.0",
        people=3,
        latency_p50=0.02,
        latency_p99=0.05,
        cameras={"door": beat},
        last_seq=last_seq or {},
        gallery=gallery,
    )


def renamed(
    previous: str, person: str, action: PersonAction = PersonAction.RENAMED, *, seq: int = 0, at: float = 100.0
) -> PersonEvent:
    """What a history says of a name."""
    return PersonEvent(
        node=f"{NODE}.history",
        epoch="h1",
        camera="",
        seq=seq,
        wall_time=at,
        of_node="",
        of_epoch="",
        track=None,
        action=action,
        group=None,
        person=person,
        previous_person=previous,
    )


def one_of_each(person: str = "Ada") -> tuple[Event, ...]:
    beat = health(0, {"v1/track/door/": 0})
    return track(0, evidence=evidence(person)), identity(0, person=person), camera(0), beat, sample(0, person=person)


@contextmanager
def sockets() -> Iterator[Context]:
    """A context whose sockets must all be closed by the end of the block: a leak fails instead of hanging."""
    context: Context = zmq.Context()
    try:
        yield context
    except BaseException:
        context.destroy(linger=0)
        raise
    ending = threading.Thread(target=context.term, daemon=True)
    ending.start()
    ending.join(5)
    if ending.is_alive():
        context.destroy(linger=0)
        raise AssertionError("a ZeroMQ socket was left open")


def until(condition: Callable[[], bool], *, poke: Callable[[], None] = lambda: None, seconds: float = 10.0) -> None:
    """Repeat `poke` until `condition` holds; for handshakes with something that gives no sign of being ready."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        poke()
        pause.wait(0.01)
