"""Cameras that do what the script says, and the reader that brings their frames to a node.

The reader uses the parts of a real one (state, stall watch, media time); what it reads is drawn, not decoded.
"""

from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float32, Image
from detectors.base import Detections
from pipeline.capture.mailbox import Mailbox
from pipeline.capture.media_time import LiveMediaTime
from pipeline.capture.status import CameraStatus
from pipeline.capture.watchdog import Watchdog
from pipeline.types import CameraState, Frame
from tests.simulation.clock import SimulatedClock
from tests.simulation.script import SIZES

STALL_SECONDS = 30.0
BUSY_INTERVAL_SECONDS = 1.0
IDLE_INTERVAL_SECONDS = 20.0
AFTERWARDS_SECONDS = 5.0  # that a camera goes on at the busy rate, until its last tracks are lost
LANES = 8  # places where a walker may be, so far apart that no track goes over to another person
FACE_PX = 40.0
_LANDMARKS = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32)
_PICTURES: list[Image] = [
    np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8) for width, height in SIZES
]


@dataclass
class Walker:
    """A person in view: who, where, and until when."""

    who: str
    lane: int
    until: float


class Camera:
    """The device: it outlives the nodes that read it."""

    def __init__(self, name: str, clock: SimulatedClock) -> None:
        self.name = name
        self._clock = clock
        self.walkers: list[Walker] = []
        self.busy_until = 0.0
        self.silent_until = self.offline_until = 0.0
        self.stamp_error = 0.0
        self.size = 0
        self._lanes = list(range(LANES))

    def enter(self, who: str, seconds: float) -> None:
        """A person comes into view for so many seconds; nobody where all places are taken."""
        if len(self.walkers) < LANES // 2:
            self.walkers.append(Walker(who, self._next_lane(), self._clock.now + seconds))
            self.busy_until = max(self.busy_until, self._clock.now + seconds + AFTERWARDS_SECONDS)

    def jump(self) -> None:
        """The picture jumps: everybody in view is somewhere else."""
        for walker in self.walkers:
            walker.lane = self._next_lane()

    def faces(self) -> list[tuple[Float32, str]]:
        """Boxes (4,) in pixels of the frame, and who each is."""
        now = self._clock.now
        self.walkers = [walker for walker in self.walkers if walker.until > now]
        width, height = SIZES[self.size]
        return [(_box(walker.lane, now, width, height), walker.who) for walker in self.walkers]

    @property
    def is_silent(self) -> bool:
        """Connected, and sends nothing."""
        return self._clock.now < self.silent_until

    @property
    def is_offline(self) -> bool:
        """Does not answer."""
        return self._clock.now < self.offline_until

    @property
    def is_busy(self) -> bool:
        """Whether somebody is in view, or was just now."""
        return self._clock.now < self.busy_until

    def _next_lane(self) -> int:
        """The place that was left longest ago."""
        lane = self._lanes.pop(0)
        self._lanes.append(lane)
        return lane


def _box(lane: int, now: float, width: int, height: int) -> Float32:
    columns = LANES // 2
    scale = width / 640
    x = (lane % columns + 0.5) * width / columns + 4 * scale * np.sin(now)
    y = (lane // columns + 0.5) * height / 2
    half = FACE_PX * scale / 2
    return np.array([x - half * 0.8, y - half, x + half * 0.8, y + half], np.float32)


class Reader:
    """Brings one camera's frames to a node's mailbox, as `pipeline.capture.live.LiveReader` does."""

    def __init__(self, camera: Camera, mailbox: Mailbox, clock: SimulatedClock) -> None:
        self.camera = camera
        self._mailbox, self._clock = mailbox, clock
        self._status = CameraStatus(camera.name, mailbox, wall_clock=clock.wall)
        self._watchdog = Watchdog(camera.name, STALL_SECONDS, self._report_stall, clock=clock.monotonic)
        self._media_time = LiveMediaTime()
        self._index = 0
        self._last_frame = -np.inf
        self._connected_at = clock.now
        self._truth: dict[int, list[tuple[Float32, str]]] = {}
        mailbox.register(camera.name, live=True)
        self._status.change(CameraState.CONNECTING)

    def read(self) -> None:
        """Do what has become due."""
        if self.camera.is_offline:
            self._disconnect("connection lost")
        elif self.camera.is_silent:
            self._watchdog.check()
            if self._clock.now - max(self._last_frame, self._connected_at) >= 2 * STALL_SECONDS:
                self._disconnect(f"no frame for {2 * STALL_SECONDS:g} s")
        elif self._is_due():
            self._deliver()

    def detections(self, index: int) -> Detections:
        """What a perfect detector finds in a frame that was delivered."""
        faces = self._truth[index]
        if not faces:
            return Detections.empty()
        boxes = np.stack([box for box, _ in faces])
        corner, side = boxes[:, None, :2], (boxes[:, 2:] - boxes[:, :2])[:, None]
        return Detections(boxes, np.full(len(boxes), 0.9, np.float32), corner + side * _LANDMARKS)

    def who_is_at(self, box: Float32) -> str:
        """Who is in this box (4,) of the newest frame; empty for nobody."""
        newest = self._truth[max(self._truth)]
        return next((who for face, who in newest if np.abs(face - box).max() < 0.11), "")

    def _is_due(self) -> bool:
        interval = BUSY_INTERVAL_SECONDS if self.camera.is_busy else IDLE_INTERVAL_SECONDS
        return self._clock.now - self._last_frame >= interval - 1e-3

    def _deliver(self) -> None:
        now, camera = self._clock.now, self.camera
        picture = _PICTURES[camera.size]
        self._watchdog.frame_arrived()
        self._status.frame_arrived(*SIZES[camera.size])
        media_time = self._media_time.advance(now + camera.stamp_error, now)
        self._truth = {self._index - 1: self._truth.get(self._index - 1, []), self._index: camera.faces()}
        self._mailbox.put(Frame(camera.name, self._index, media_time, self._clock.wall(), now, picture))
        self._index, self._last_frame = self._index + 1, now

    def _disconnect(self, reason: str) -> None:
        self._watchdog.disarm()
        self._status.change(CameraState.RECONNECTING, reason)
        self._media_time.reconnect()
        self._connected_at = self._clock.now

    def _report_stall(self) -> None:
        self._status.report_stall(f"no frame for {STALL_SECONDS:g} s", lambda: self._watchdog.overdue)
