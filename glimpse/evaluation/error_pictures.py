"""Keeps pictures while recordings are judged, so that every error can be shown afterwards."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from detectors.arrays import Float32, Image
from glimpse.evaluation.truth import Presence
from pipeline.sink import FrameResult

FACE_SIDE_PX = 240
SCENE_SIDE_PX = 640
AROUND = 1.0  # of the face's size that is shown on each side of it
CLEARLY_LARGER = 1.25  # than the face that is kept, before another one is encoded
JPEG = [cv2.IMWRITE_JPEG_QUALITY, 85]


class ErrorPictures:
    """A JPEG of each face at its largest, and one of the scene in the middle of each presence; some 10 KB each."""

    def __init__(self) -> None:
        self._faces: dict[tuple[str, int], tuple[float, bytes]] = {}
        self._scenes: dict[tuple[str, int], bytes] = {}

    def watch(self, clip: str, presences: Sequence[Presence]) -> Callable[[FrameResult], None]:
        """What takes the frames of a clip."""
        wanted = sorted(((presence.first + presence.last) / 2, presence.line) for presence in presences)

        def on_frame(result: FrameResult) -> None:
            self._keep_faces(clip, result)
            while wanted and result.frame.media_time >= wanted[0][0]:
                self._scenes[clip, wanted.pop(0)[1]] = _encode(_limited(result.frame.image, SCENE_SIDE_PX))

        return on_frame

    def face(self, clip: str, track: int) -> bytes | None:
        """A followed face at its largest, JPEG."""
        found = self._faces.get((clip, track))
        return found[1] if found else None

    def scene(self, clip: str, line: int) -> bytes | None:
        """The picture in the middle of the presence of this line of the table, JPEG."""
        return self._scenes.get((clip, line))

    def _keep_faces(self, clip: str, result: FrameResult) -> None:
        for track in result.tracks:
            known = self._faces.get((clip, track.id))
            if known is None or track.face_px >= CLEARLY_LARGER * known[0]:
                picture = _encode(_around(result.frame.image, track.box))
                self._faces[clip, track.id] = (track.face_px, picture)


def _around(image: Image, box: Float32) -> Image:
    """A face and what is around it."""
    x1, y1, x2, y2 = (float(value) for value in box)
    margin = AROUND * max(x2 - x1, y2 - y1)
    height, width = image.shape[:2]
    left, top = min(max(0, int(x1 - margin)), width - 1), min(max(0, int(y1 - margin)), height - 1)
    right, bottom = min(width, int(x2 + margin) + 1), min(height, int(y2 + margin) + 1)
    cut = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    scale = FACE_SIDE_PX / max(cut.shape[:2])
    size = (max(1, round(cut.shape[1] * scale)), max(1, round(cut.shape[0] * scale)))
    drawn = cv2.resize(cut, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    return np.asarray(drawn, np.uint8)


def _limited(image: Image, side: int) -> Image:
    """The picture made small enough."""
    scale = min(1.0, side / max(image.shape[:2]))
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _encode(image: Image) -> bytes:
    return bytes(cv2.imencode(".jpg", image, JPEG)[1])
