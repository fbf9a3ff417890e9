"""Plays the day: the engine on the clips, the rooms on its events, and a clock that goes by tenths of a second."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from benchmarks.shop_day.clips import FPS
from benchmarks.shop_day.day_clock import RUN, DayClock
from benchmarks.shop_day.rooms import Rooms
from benchmarks.shop_day.stage import Showing, Stage
from detectors.runtime import Runtime
from pipeline.capture.mailbox import Mailbox
from pipeline.engine import Engine, StopFlag
from pipeline.event_factory import EventFactory
from pipeline.events import Event, IdentityEvent, TrackEvent
from pipeline.heartbeat import Heartbeat
from pipeline.parts.identification import camera_tracks, identification_of, open_gallery
from pipeline.parts.models import open_recognizer
from pipeline.settings.types import Settings
from pipeline.sink import FrameResult
from pipeline.types import CameraReport, CameraState

HEARTBEAT_SECONDS = 10.0
TICKS = round(FPS)  # steps of a second
Place = tuple[int, str]
"""A visit, by its position in the plan, and who of it; an empty name: somebody of a real video."""
TrackId = tuple[str, int]


@dataclass
class Witness:
    """Collects events, and notes on whom each track was. named: the names that it got, in order."""

    stage: Stage
    order: dict[str, int]  # of visits, by the key of their clip
    events: list[Event] = field(default_factory=list)
    votes: dict[TrackId, Counter[Place]] = field(default_factory=dict)
    named: dict[TrackId, list[str]] = field(default_factory=dict)

    def on_event(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, TrackEvent | IdentityEvent):
            votes = self.votes.setdefault((event.camera, event.track), Counter())
            showing = self.stage.showing(event.camera)
            if showing and (place := self._place(showing, event.box)):
                votes[place] += 1
        if isinstance(event, IdentityEvent) and event.person:
            self.named.setdefault((event.camera, event.track), []).append(event.person)

    def on_frame(self, result: FrameResult) -> None:
        """Pictures are not kept."""

    def close(self) -> None:
        """Nothing to close."""

    def take(self) -> list[Event]:
        """Events since the last call."""
        taken, self.events = self.events, []
        return taken

    def _place(self, showing: Showing, box: Sequence[float]) -> Place | None:
        number, truth = self.order[showing.shown.key], showing.shown.truth
        if truth is None:
            return number, ""
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        faces = truth.faces[showing.number]
        near = [
            who for who, face in faces.items() if face.box[0] <= x <= face.box[2] and face.box[1] <= y <= face.box[3]
        ]
        if not near:
            return None
        return number, truth.names[max(near, key=lambda who: faces[who].px)]


@dataclass(frozen=True)
class Played:
    """owners: whom each track showed; a track that is missing showed nobody.  named: the names that tracks got.

    seconds: of real time by what took it.
    """

    tracks: int
    owners: dict[TrackId, Place]
    named: dict[TrackId, list[str]]
    seconds: dict[str, float]


def play(
    settings: Settings, stage: Stage, rooms: Rooms, clock: DayClock, seconds: float, order: dict[str, int]
) -> Played:
    """Play a day of so many seconds. order: position of each visit in the plan, by the key of its clip."""
    witness, began = Witness(stage, order), time.perf_counter()
    engine = _open_engine(settings, stage, witness, clock)
    engine_seconds = 0.0
    for step in range(round(seconds * FPS)):
        clock.seconds = step / FPS
        is_tick = step % TICKS == 0
        if not (is_tick or stage.is_busy):
            continue
        before = time.perf_counter()
        engine.step(stage.frames())
        engine_seconds += time.perf_counter() - before
        rooms.step(witness.take(), tick=is_tick)
    spent = {"engine": engine_seconds - stage.network_seconds - stage.decode_seconds, **rooms.seconds}
    spent |= {"networks": stage.network_seconds, "decoding": stage.decode_seconds, "all": time.perf_counter() - began}
    owners = {track: votes.most_common(1)[0][0] for track, votes in witness.votes.items() if votes}
    return Played(len(witness.votes), owners, witness.named, spent)


def _open_engine(settings: Settings, stage: Stage, witness: Witness, clock: DayClock) -> Engine:
    recognizer = open_recognizer(settings, Runtime(settings.device, settings.threads))
    assert recognizer is not None
    identification = identification_of(settings, recognizer, open_gallery(settings), None)
    identification = replace(identification, embed=stage.embed)
    events = EventFactory(settings.node, RUN)
    cameras = {one.name: camera_tracks(settings, one, events, identification) for one in settings.cameras}
    counts = Mailbox()
    for name in cameras:
        counts.register(name, live=True)
    heartbeat = Heartbeat(events, counts, HEARTBEAT_SECONDS, clock=clock.steady, wall=clock.wall)
    engine = Engine(
        cameras,
        stage.find,
        identification,
        sinks=[witness],
        heartbeat=heartbeat,
        stop=StopFlag(),
        clock=clock.steady,
        wall=clock.wall,
    )
    engine.step(CameraReport(name, CameraState.LIVE, clock.wall(), width=640, height=360) for name in cameras)
    return engine
