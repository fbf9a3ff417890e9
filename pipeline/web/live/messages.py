"""What browsers are sent: JSON messages that each hold a whole camera, so that one that is lost needs no repair."""

from typing import Any

import msgspec

from pipeline.metrics.gallery_health import why_nameless
from pipeline.site.clocks import why_camera_clock, why_node_clock
from pipeline.site.site_time import clock, iso
from pipeline.web.live.state import Camera, Changes, Face, LiveState, News

SILENT_SECONDS = 5.0  # a node beats once a second


def snapshot(state: LiveState) -> bytes:
    """All that a browser must know at the beginning, and after it lost something."""
    content = {
        "type": "state",
        "nodes": nodes(state),
        "cameras": [camera_as_object(camera) for camera in state.cameras()],
    }
    return as_event(content)


def changes(found: Changes) -> bytes | None:
    """Cameras that changed, and news; None where there are none."""
    if not any(found):
        return None
    content = {
        "type": "changes",
        "cameras": [camera_as_object(camera) for camera in found.cameras],
        "gone": [camera_key(*key) for key in found.gone],
        "news": [_news_as_object(news) for news in found.news],
    }
    return as_event(content)


def beat(state: LiveState) -> bytes:
    """How the nodes are; also tells the browser that the page itself lives."""
    return as_event({"type": "beat", "nodes": nodes(state)})


def nodes(state: LiveState) -> list[dict[str, Any]]:
    """The nodes, whether each is silent, why one names nobody, and what is wrong with its clock."""
    return [
        {
            "name": node.name,
            "version": node.version,
            "people": node.people,
            "silent": round(seconds, 1) if seconds > SILENT_SECONDS else None,
            "nameless": why_nameless(node.gallery),
            "clock": why_node_clock(node.clock),
        }
        for node, seconds in state.nodes()
    ]


def camera_as_object(camera: Camera) -> dict[str, Any]:
    """A camera for the browser, without crops."""
    return {
        "key": camera_key(camera.node, camera.name),
        "node": camera.node,
        "name": camera.name,
        "state": camera.state,
        "reason": camera.reason,
        "width": camera.width,
        "height": camera.height,
        "fps": None if camera.fps is None else round(camera.fps, 1),
        "age": None if camera.frame_age is None else round(camera.frame_age, 1),
        "dropped": camera.dropped,
        "picture": camera.picture,
        "clock": why_camera_clock(camera.clock_offset),
        "faces": [_face_as_object(face) for face in camera.faces.values()],
    }


def camera_key(node: str, name: str) -> str:
    """Identifies a camera among those of all nodes; no name of a node or camera has a slash."""
    return f"{node}/{name}"


def as_event(content: object) -> bytes:
    """A message in the format of server-sent events (WHATWG HTML, 9.2). JSON has no line break outside of strings."""
    return b"data: " + msgspec.json.encode(content) + b"\n\n"


def _news_as_object(news: News) -> dict[str, Any]:
    """News with its time as text: a browser stands in another zone than the site."""
    return {
        "at": news.at,
        "time": iso(news.at),
        "clock": clock(news.at),
        "camera": news.camera,
        "text": news.text,
        "node": news.node,
        "track": news.track,
    }


def _face_as_object(face: Face) -> dict[str, Any]:
    found = face.evidence
    return {
        "track": face.track,
        "box": face.box,
        "px": face.face_px,
        "state": found.state,
        "person": found.person if found.state in ("named", "candidate") else None,
        "score": found.score,
    }
