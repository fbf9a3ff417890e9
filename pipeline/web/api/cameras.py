"""Cameras as they are now."""

from typing import Annotated

import msgspec
from msgspec import Meta

from pipeline.web.api.endpoint import Call, Endpoint
from pipeline.web.live.state import Camera


class CameraAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A camera as its newest events say."""

    node: str
    name: str
    state: Annotated[str, Meta(description="connecting, live, stalled, reconnecting, ended or failed")]
    reason: Annotated[str, Meta(description="why, where it is not live; empty: none")]
    width: Annotated[int, Meta(description="of its pictures, pixels; 0: not known yet")]
    height: int
    fps: Annotated[float | None, Meta(description="frames a second between the last two heartbeats; null before")]
    age: Annotated[float | None, Meta(description="seconds since its newest frame; null: none yet")]
    dropped: Annotated[int, Meta(description="frames that a newer one replaced, since the start")]
    faces: Annotated[int, Meta(description="faces that are followed now")]


class Cameras(msgspec.Struct, frozen=True):
    """All cameras of all nodes, by node and name."""

    cameras: list[CameraAnswer]


def list_cameras(call: Call) -> Cameras:
    """Cameras as they are now."""
    return Cameras([camera_answer(camera) for camera in call.room.live.state.cameras()])


def camera_answer(camera: Camera) -> CameraAnswer:
    """A camera of the live state as the API gives it."""
    return CameraAnswer(
        node=camera.node,
        name=camera.name,
        state=camera.state,
        reason=camera.reason,
        width=camera.width,
        height=camera.height,
        fps=camera.fps,
        age=camera.frame_age,
        dropped=camera.dropped,
        faces=len(camera.faces),
    )


endpoints = (Endpoint("GET", "/cameras", "Cameras as they are now", list_cameras, Cameras),)
