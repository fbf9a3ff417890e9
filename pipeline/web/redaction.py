"""Whether a user may see faces, and pictures for those who may not."""

from collections.abc import Iterable

import cv2
import numpy as np
from starlette.requests import Request

from pipeline.web.live.state import Camera
from pipeline.web.render import user_of
from pipeline.web.room import room_of
from pipeline.web.security.roles import Role

BLOCKS = 5
"""Squares that a face is wide afterwards, with what is around it."""
AROUND = 0.6
"""Of a face's size: it may have moved since its newest event."""


def sees_faces(request: Request) -> bool:
    """Whether this user gets pictures of faces (`web.viewers_see_faces`)."""
    user = user_of(request)
    return room_of(request).settings.viewers_see_faces or bool(user and user.role > Role.VIEWER)


def redacted(jpeg: bytes, camera: Camera | None) -> bytes | None:
    """A picture of a camera with its known faces pixelated; all of it where the size of its frames is not known.

    None for what is no picture.
    """
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        return None
    height, width = image.shape[:2]
    if camera is None or not (camera.width and camera.height):
        _pixelate(image, (0, 0, width, height))
    else:
        scale_x, scale_y = width / camera.width, height / camera.height
        for x1, y1, x2, y2 in _boxes(camera):
            more_x, more_y = AROUND * (x2 - x1), AROUND * (y2 - y1)
            box = (
                (x1 - more_x) * scale_x,
                (y1 - more_y) * scale_y,
                (x2 + more_x) * scale_x,
                (y2 + more_y) * scale_y,
            )
            _pixelate(image, box)
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


def _boxes(camera: Camera) -> Iterable[tuple[float, float, float, float]]:
    return [face.box for face in list(camera.faces.values())]


def _pixelate(image: np.ndarray, box: tuple[float, float, float, float]) -> None:
    height, width = image.shape[:2]
    left, right = (int(min(max(value, 0), width)) for value in (box[0], box[2]))
    top, bottom = (int(min(max(value, 0), height)) for value in (box[1], box[3]))
    if right <= left or bottom <= top:
        return
    part = image[top:bottom, left:right]
    small = cv2.resize(part, (BLOCKS, BLOCKS), interpolation=cv2.INTER_AREA)
    part[:] = cv2.resize(small, (right - left, bottom - top), interpolation=cv2.INTER_NEAREST)
