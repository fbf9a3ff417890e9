"""One run of a node: the real engine, tracks, event factory, outbox and replay, between drawn cameras and a wire in
memory. It is killed by leaving it: what it has not written is gone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from detectors.base import Detections
from pipeline.bus.outbox import Outbox
from pipeline.bus.replay import LatestEvents, RequestHandler
from pipeline.capture.mailbox import Mailbox
from pipeline.engine import Engine, Identification, StopFlag
from pipeline.event_factory import EventFactory
from pipeline.events import Event, IdentityEvent, encode, topic
from pipeline.heartbeat import Heartbeat
from pipeline.settings.types import CameraSettings, TrackingSettings
from pipeline.sink import FrameResult
from pipeline.tracks.camera import CameraTracks
from pipeline.tracks.crops import Crop
from pipeline.tracks.matcher import GalleryMatcher
from pipeline.tracks.tracker import Tracker
from pipeline.types import CameraReport, Frame
from recognizer.base import Readings
from recognizer.calibration import uncalibrated
from recognizer.decide import DecisionRule
from recognizer.gallery.store import Gallery
from recognizer.spec import ChipSpec
from tests.simulation.audit import RETENTION, Audit
from tests.simulation.camera import Camera, Reader
from tests.simulation.clock import SimulatedClock
from tests.simulation.disk import Disk
from tests.simulation.people import DIM, MODEL, SimulatedGallery, crop_of
from tests.simulation.wire import Wire
from tests.synthetic.recognizers import VectorsOnly

HEARTBEAT_SECONDS = 1.0
STEPS_PER_COMMIT = 3
NEVER_SECONDS = 1e6  # the outbox commits when the simulation says so
_COMMIT_TIMEOUT_SECONDS = 30.0  # of real time, which only a machine in trouble needs

NODE = "node"


class KilledError(BaseException):
    """The node is killed here; nothing that it does afterwards counts."""


@dataclass
class World:
    """What outlives a node."""

    clock: SimulatedClock
    disk: Disk
    wire: Wire
    cameras: Sequence[Camera]
    gallery: SimulatedGallery
    audit: Audit


class _Recogniser(VectorsOnly):
    """Says how chips are cut; what is in them comes from the script."""

    model_id, dim = MODEL, DIM

    def spec_for(self, face_px: float) -> ChipSpec:
        return ChipSpec(size=16)


@dataclass
class MemoryPublisher:
    """A sink that does what `pipeline.bus.publisher.Publisher` does, on the wire in memory.

    kill_at: the write, counted from now, after which the node is killed; 0 for never.
    commits_before_kill: what the outbox has accepted by then reaches the disk, whether or not it was sent.
    """

    world: World
    outbox: Outbox
    readers: dict[str, Reader]
    latest: LatestEvents = field(default_factory=LatestEvents)
    kill_at: int = 0
    commits_before_kill: bool = False

    def on_event(self, event: Event) -> None:
        """Store and publish an event. Raises KilledError."""
        name, body = topic(event), encode(event)
        self.world.audit.make(event, body, self._who)
        self.outbox.put(name, event, body)
        self._write()
        self.latest.update(name, event, body)
        self.world.wire.publish(name, body)
        self._write()

    def on_frame(self, result: FrameResult) -> None:
        """Do nothing: images are not published."""

    def close(self) -> None:
        """Commit what is stored."""
        self.outbox.close()

    def _write(self) -> None:
        if not self.kill_at:
            return
        self.kill_at -= 1
        if not self.kill_at:
            if self.commits_before_kill:
                self.outbox.flush()
            self.world.disk.kill()
            raise KilledError

    def _who(self, event: IdentityEvent) -> str:
        return self.readers[event.camera].who_is_at(np.array(event.box, np.float32))


class _Closed:
    """A source that gives nothing more."""

    open = False

    def take(self, timeout: float | None) -> list[Frame | CameraReport]:
        return []


class Node:
    """A run from its start to its end or its death."""

    def __init__(self, world: World, number: int) -> None:
        """number: of this run, from 1."""
        self.world, self.epoch = world, epoch_of(number)
        self._rng = np.random.default_rng(number)
        self._mailbox, self._stop = Mailbox(), StopFlag()
        self._readers = {camera.name: Reader(camera, self._mailbox, world.clock) for camera in world.cameras}
        events = EventFactory(NODE, self.epoch)
        self.cameras = {name: _camera_tracks(name, events) for name in self._readers}
        self._people = Gallery(world.gallery.path)
        self.publisher = MemoryPublisher(world, _open_outbox(world), self._readers)
        self._handler = RequestHandler(NODE, self.epoch, self.publisher.latest, self.publisher.outbox)
        self._engine = self._build_engine(events)
        self._steps = 0
        self.committed = 0

    @property
    def published_tracks(self) -> set[tuple[str, int]]:
        """Open tracks that were published: camera and number."""
        tracks = (track for camera in self.cameras.values() for track in camera.tracks.values())
        return {(track.camera, track.id) for track in tracks if track.published}

    def step(self) -> None:
        """Read the cameras, process what came, and commit now and then. Raises KilledError."""
        for reader in self._readers.values():
            reader.read()
        self._engine.step(self._mailbox.take(0))
        if self._steps % STEPS_PER_COMMIT == 0:
            self.commit()
        self._steps += 1

    def commit(self) -> None:
        """Write to disk what the outbox has accepted. Raises KilledError where that ends the node."""
        outbox = self.publisher.outbox
        if not outbox.flush(_COMMIT_TIMEOUT_SECONDS):
            raise TimeoutError("outbox: not committed in time")
        if self.world.disk.dead:
            raise KilledError
        self.committed = self._made - outbox.dropped

    def serve(self) -> bool:
        """Answer the requests that have arrived; whether there were any. Raises KilledError."""
        served = self.world.wire.serve(self._handler.handle)
        if self.world.disk.dead:
            raise KilledError
        return served

    def stop(self) -> None:
        """End as a signal ends it: with every end published and everything written. Raises KilledError."""
        self._stop.set("interrupted")
        self._engine.run(_Closed())
        if self.world.disk.dead:
            raise KilledError
        self._release()
        self.committed = self._made - self.publisher.outbox.dropped

    def leave(self) -> None:
        """Let go of what a killed process lets go of; the disk no longer takes what it would write."""
        self.world.disk.kill()
        self.publisher.outbox.close()
        self._release()

    @property
    def _made(self) -> int:
        """Events of this run that the outbox was given."""
        return self.world.audit.made(self.epoch)

    def _release(self) -> None:
        self._handler.close()
        self._people.close()

    def _build_engine(self, events: EventFactory) -> Engine:
        clock = self.world.clock
        matcher = GalleryMatcher(
            self._people, MODEL, rule=DecisionRule(min_effective=1), calibration=uncalibrated(MODEL)
        )
        identification = Identification(_Recogniser(), matcher, self._embed, interval=1.0, max_per_step=64)
        heartbeat = Heartbeat(events, self._mailbox, HEARTBEAT_SECONDS, clock=clock.monotonic, wall=clock.wall)
        return Engine(
            self.cameras,
            self._find_faces,
            identification,
            sinks=[self.publisher],
            heartbeat=heartbeat,
            stop=self._stop,
            clock=clock.monotonic,
            wall=clock.wall,
        )

    def _find_faces(self, frames: Sequence[Frame]) -> list[Detections]:
        return [self._readers[frame.camera].detections(frame.index) for frame in frames]

    def _embed(self, crops: Iterable[Crop]) -> Readings:
        who = [self._readers[crop.track.camera].who_is_at(crop.track.snapshot.box) for crop in crops]
        return Readings.without_lengths(np.stack([crop_of(name, self._rng) for name in who]))


def epoch_of(number: int) -> str:
    """The name of a run, counted from 1."""
    return f"run-{number:06d}"


def _camera_tracks(name: str, events: EventFactory) -> CameraTracks:
    settings = CameraSettings(source="simulated", name=name)
    return CameraTracks(settings, Tracker(name, TrackingSettings(min_frames=2)), events, update_seconds=2.0)


def _open_outbox(world: World) -> Outbox:
    return Outbox(world.disk.outbox, retention=RETENTION, commit_seconds=NEVER_SECONDS, clock=world.clock.wall)
