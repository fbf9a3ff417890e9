"""What the cameras see at a moment of the day: frames of clips, and what networks read in them, computed once."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.shop_day.clips import CAMERA, FPS, Shown, read_frames
from benchmarks.shop_day.day_clock import DayClock
from detectors.arrays import Float32, Image
from detectors.base import Detections
from pipeline.resume.cache import InferenceCache
from pipeline.tracks.crops import Crop, Embed
from pipeline.types import Frame
from recognizer.base import Readings

QUIET_SECONDS = 4.0  # of an empty picture after a visit, until tracks have ended
_EMPTY: Image = np.zeros((CAMERA.height, CAMERA.width, 3), np.uint8)
DetectImage = Callable[[Image], Detections]


@dataclass(frozen=True)
class Showing:
    """Which frame of which clip a camera shows."""

    shown: Shown
    number: int


class Stage:
    """Gives the frames of the moment, and answers for detector and recogniser out of a cache.

    network_seconds, decode_seconds: what computing and decoding took.
    """

    def __init__(
        self, clips: Sequence[Shown], clock: DayClock, cache: InferenceCache, detect: DetectImage, embed: Embed
    ) -> None:
        self._waiting = sorted(clips, key=lambda shown: -shown.visit.at)
        self._clock, self._cache, self._detect, self._embed = clock, cache, detect, embed
        self._running: dict[str, tuple[Shown, list[Image]]] = {}
        self._counts: dict[str, int] = {}
        self._showing: dict[str, Showing] = {}
        self.network_seconds = self.decode_seconds = 0.0

    @property
    def is_busy(self) -> bool:
        """Whether a camera shows something now."""
        return bool(self._running) or self._is_due()

    def showing(self, camera: str) -> Showing | None:
        """What a camera shows at this moment; None for an empty picture."""
        return self._showing.get(camera)

    def frames(self) -> list[Frame]:
        """The frames of this moment, of the cameras where somebody is or just was."""
        self._begin()
        self._showing.clear()
        return [self._frame(camera, *running) for camera, running in list(self._running.items())]

    def find(self, frames: Sequence[Frame]) -> list[Detections]:
        """The faces in frames."""
        return [self._find(frame) for frame in frames]

    def embed(self, crops: Sequence[Crop]) -> Readings:
        """The readings of crops."""
        rows = [self._read(crop) for crop in crops]
        return Readings(np.stack([row[:-1] for row in rows]), np.array([row[-1] for row in rows], np.float32))

    def _begin(self) -> None:
        while self._is_due():
            shown = self._waiting.pop()
            began = time.perf_counter()
            self._running[shown.visit.camera] = shown, read_frames(shown.path)
            self.decode_seconds += time.perf_counter() - began

    def _is_due(self) -> bool:
        return bool(self._waiting) and self._waiting[-1].visit.at <= self._clock.seconds + 1e-6

    def _frame(self, camera: str, shown: Shown, pictures: Sequence[Image]) -> Frame:
        number = round((self._clock.seconds - shown.visit.at) * FPS)
        if number < len(pictures):
            self._showing[camera] = Showing(shown, number)
        elif number >= len(pictures) + QUIET_SECONDS * FPS:
            del self._running[camera]
        picture = pictures[number] if number < len(pictures) else _EMPTY
        index = self._counts[camera] = self._counts.get(camera, -1) + 1
        now = self._clock.seconds
        return Frame(camera, index, now, self._clock.wall(), now, picture)

    def _find(self, frame: Frame) -> Detections:
        showing = self._showing.get(frame.camera)
        if showing is None:
            return Detections.empty()
        key = showing.shown.key
        found = self._cache.get_detections(key, showing.number)
        if found is None:
            began = time.perf_counter()
            found = self._detect(frame.image)
            self.network_seconds += time.perf_counter() - began
            self._cache.put_detections(key, showing.number, found)
        return found

    def _read(self, crop: Crop) -> Float32:
        """A vector and, last, its length."""
        showing = self._showing[crop.track.camera]
        box = ",".join(f"{value:.1f}" for value in crop.track.snapshot.box)
        rows = self._cache.get_vectors(f"{showing.shown.key}/{box}", showing.number)
        if rows is None:
            began = time.perf_counter()
            readings = self._embed([crop])
            rows = np.column_stack((readings.vectors, readings.lengths)).astype(np.float32)
            self.network_seconds += time.perf_counter() - began
            self._cache.put_vectors(f"{showing.shown.key}/{box}", showing.number, rows)
        return np.asarray(rows[0], np.float32)
