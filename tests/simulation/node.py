"""One run of a node: the real engine, tracks, event factory, publisher and outbox, between drawn cameras and a wire in
memory. It is killed by leaving it: what it has not written is gone.
"""

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np

from detectors.base import Detections
from pipeline.bus.outbox import Outbox, SentRecord, SentRun
from pipeline.bus.publisher import Publisher
from pipeline.bus.sender import Outgoing
from pipeline.capture.mailbox import Mailbox
from pipeline.engine import Engine, Identification, StopFlag
from pipeline.event_factory import EventFactory
from pipeline.events import Event, IdentityEvent, encode
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
from recognizer.gallery.watched import WatchedGallery
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

NODE = "node"
BIND = "tcp://127.0.0.1:5556"


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
class Fate:
    """Says when a node is killed.

    kill_at: the write, counted from now; 0 for never.  commits_first: what the outbox has accepted by then reaches the
    disk, whether or not it was sent.
    """

    world: World
    kill_at: int = 0
    commits_first: bool = False
    outbox: Outbox | None = None

    def write(self) -> None:
        """The node writes. After the fatal write nothing that it does has an effect, in whatever thread."""
        if self.world.disk.dead:  # killed while it stored what it is about to send
            self.die()
        if not self.kill_at:
            return
        self.kill_at -= 1
        if not self.kill_at:
            if self.commits_first and self.outbox:
                self.outbox.flush()
            self.die()

    def die(self) -> None:
        """Be killed."""
        self.world.disk.kill()
        self.world.wire.is_dead = True

    def check(self) -> None:
        """Raise KilledError where the node is dead."""
        if self.world.disk.dead:
            self.die()
            raise KilledError


class Witness:
    """The sink before the publisher: shows each event to the audit."""

    def __init__(self, audit: Audit, fate: Fate, readers: dict[str, Reader]) -> None:
        self._audit, self._fate, self._readers = audit, fate, readers

    def on_event(self, event: Event) -> None:
        """Note an event that is about to be stored and published. Raises KilledError."""
        self._fate.check()
        self._audit.make(event, encode(event), self._who)
        self._fate.write()
        self._fate.check()

    def on_frame(self, result: FrameResult) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def _who(self, event: IdentityEvent) -> str:
        return self._readers[event.camera].who_is_at(np.array(event.box, np.float32))


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
        self._people = WatchedGallery(world.gallery.path)
        self.fate = Fate(world)
        world.wire.on_write, world.wire.is_dead = self.fate.write, False
        self._publisher, self._outbox, self._sender = _open_publisher(world, self.epoch)
        self.fate.outbox = self._outbox
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
        self._sender.send()
        self.fate.check()
        if self._steps % STEPS_PER_COMMIT == 0:
            self.commit()
        self._steps += 1

    def commit(self) -> None:
        """Write to disk what the outbox has accepted. Raises KilledError where that ends the node."""
        self._outbox.flush()
        self.fate.check()
        self.committed = self._made - self._outbox.dropped - len(self._outbox.unstored())

    def serve(self) -> bool:
        """Answer the requests that have arrived; whether there were any. Raises KilledError."""
        served = self.world.wire.serve()
        self.fate.check()
        return served

    def stop(self) -> None:
        """End as a signal ends it: with every end published and everything written. Raises KilledError."""
        self._stop.set("interrupted")
        with contextlib.suppress(OSError):  # how a run says that its disk was full
            self._engine.run(_Closed())
        self.fate.check()
        self._people.close()
        self.committed = self._made - self._outbox.dropped

    def leave(self) -> None:
        """Let go of what a killed process lets go of; the disk no longer takes what it would write."""
        self.fate.die()
        with contextlib.suppress(OSError):
            self._publisher.close()
        self._people.close()

    @property
    def _made(self) -> int:
        """Events of this run that the outbox was given."""
        return self.world.audit.made(self.epoch)

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
            sinks=[Witness(self.world.audit, self.fate, self._readers), self._publisher],
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


class _WitnessedRecord(SentRecord):
    """A node may be killed before and after each note."""

    def __init__(self, path: Path, on_write: Callable[[], None]) -> None:
        self._on_write = on_write
        super().__init__(path)

    def write(self, runs: Sequence[SentRun]) -> None:
        """Replace the note."""
        self._on_write()
        super().write(runs)
        self._on_write()


class _WitnessedOutbox(Outbox):
    """Commits only when the simulation says so, on the simulation's own thread, so that nothing waits for another; and
    shows the audit what is made in the name of a killed run."""

    def __init__(
        self, path: str, *, epoch: str, audit: Audit, clock: Callable[[], float], on_write: Callable[[], None]
    ) -> None:
        self._epoch, self._audit = epoch, audit
        super().__init__(path, retention=RETENTION, commit_seconds=NEVER_SECONDS, clock=clock)
        self.sent = _WitnessedRecord(self.path, on_write)

    def put(self, topic: str, event: Event, body: bytes) -> None:
        """Queue an event."""
        if event.epoch != self._epoch:
            self._audit.adopt(event, body)
        super().put(topic, event, body)

    def flush(self, timeout: float = 0.0) -> bool:
        """Store the events queued so far; False if the disk refuses them."""
        target, failures = self._accepted, self._failures
        self._flush_target = target
        while self._written < target and self._failures == failures:
            self._store_next()
        return self._written >= target

    def repair(self) -> bool:
        """Replace the file by what can be read of it; False if that cannot be done now."""
        repairs = self._file.repairs
        self._repair_requested = not self._closing
        if self._repair_requested:
            self._store_next()
        return self._file.repairs > repairs

    def _start(self) -> None:
        """No thread is needed."""

    def _finish(self) -> None:
        self._run()


class _Sender:
    """Sends what was put when the simulation says so, on its thread."""

    def __init__(self, send: Callable[[Sequence[Outgoing]], None]) -> None:
        self._send = send
        self._queue: list[Outgoing] = []

    def put(self, item: Outgoing) -> None:
        """Queue an event."""
        self._queue.append(item)

    def send(self) -> None:
        """Store and send everything that is queued."""
        batch, self._queue = self._queue, []
        if batch:
            self._send(batch)

    close = send


def _open_publisher(world: World, epoch: str) -> tuple[Publisher, Outbox, _Sender]:
    """The node's publisher and its parts. The simulated wire has no connections that could be counted."""
    outboxes: list[Outbox] = []
    senders: list[_Sender] = []

    def open_outbox(path: str) -> Outbox:
        outboxes.append(
            _WitnessedOutbox(
                path, epoch=epoch, audit=world.audit, clock=world.clock.wall, on_write=lambda: world.wire.on_write()
            )
        )
        return outboxes[0]

    def make_sender(send: Callable[[Sequence[Outgoing]], None]) -> _Sender:
        senders.append(_Sender(send))
        return senders[0]

    patches = {"Outbox": open_outbox, "Sender": make_sender, "ConnectionLimits": mock.Mock}
    with contextlib.ExitStack() as stack:
        for name, stand_in in patches.items():
            stack.enter_context(mock.patch(f"pipeline.bus.publisher.{name}", stand_in))
        publisher = Publisher(BIND, node=NODE, epoch=epoch, outbox=str(world.disk.outbox))
    return publisher, outboxes[0], senders[0]
