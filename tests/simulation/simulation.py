"""Plays a script: one node, its cameras, its disk and its subscribers on one clock, in one thread."""

import gc
import sqlite3
import types
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from tests.simulation.audit import Audit
from tests.simulation.camera import Camera
from tests.simulation.clock import SimulatedClock
from tests.simulation.consumer import UNHURRIED, Consumer
from tests.simulation.disk import REAL_CONNECT, Disk
from tests.simulation.node import KilledError, Node, World, epoch_of
from tests.simulation.people import SimulatedGallery
from tests.simulation.promises import BrokenPromiseError, Promise
from tests.simulation.script import CAMERAS, CONSUMERS, Action, Kind, Script
from tests.simulation.wire import Wire

BUSY_STEP_SECONDS = 1.0
IDLE_STEP_SECONDS = 20.0
CHECK_EVERY_SECONDS = 900.0
SETTLE_SECONDS = 20.0
CATCH_UP_SECONDS = 120.0  # more, for a subscriber that waits longer after each request without an answer
RESTART_SECONDS = 3.0
SLOW_LINK_SECONDS = 2.0
MAX_OBJECTS = 4_000
"""Objects that a node and its subscribers may hold once everything has settled."""


@dataclass(frozen=True)
class Summary:
    """What one simulation played and counted. received and lost: of all subscribers together."""

    hours: float
    actions: int
    runs: int
    kills: int
    made: int
    received: int
    lost: int
    objects: int


class Simulation:
    """One world. Use it with `play`."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        clock = SimulatedClock()
        self.disk = disk
        self.wire = Wire(clock)
        self.audit = Audit(clock, lambda: self.disk.outbox)
        self.clock = clock
        self.cameras = {name: Camera(name, clock) for name in CAMERAS}
        self.gallery = SimulatedGallery(folder / "people.db")
        self.world = World(clock, self.disk, self.wire, [*self.cameras.values()], self.gallery, self.audit)
        self.consumers: dict[str, Consumer] = {}
        self.node: Node | None = None
        self.runs = self.kills = self.objects = 0
        self._busy_until = 0.0
        self._next_check = CHECK_EVERY_SECONDS

    def start(self) -> None:
        """Start the subscribers, which wait for a node, and the first node, and let them find each other."""
        for number, (name, joins) in enumerate(zip(CONSUMERS, ("", "", epoch_of(1)), strict=True)):
            self.consumers[name] = Consumer(name, number, joins=joins, wire=self.wire, audit=self.audit)
        self.start_node()
        self._turn(0.0)

    def play(self, script: Script, progress: Callable[[float], None] = lambda _: None) -> Summary:
        """Act the whole script, then let everything recover and check it. Raises BrokenPromiseError."""
        for action in script:
            self.act(action)
            self.pass_time(action.wait)
            if self.clock.now >= self._next_check:
                self.settle()
                progress(self.clock.now)
                self._next_check = self.clock.now + CHECK_EVERY_SECONDS
        self.settle()
        self.stop_node()
        self._exchange()
        return self._summary(len(script))

    def pass_time(self, seconds: float) -> None:
        """Let the world go on."""
        end = self.clock.now + seconds
        while (left := end - self.clock.now) > 1e-3:
            step = BUSY_STEP_SECONDS if self._is_busy() else IDLE_STEP_SECONDS
            self._turn(min(left, step))

    def settle(self) -> None:
        """Wait until every fault has passed, give subscribers time to catch up, and check all promises."""
        self._forget_kill()
        while self.clock.has_plans or any(camera.is_busy for camera in self.cameras.values()):
            self.pass_time(BUSY_STEP_SECONDS)
        self._busy_until = self.clock.now + SETTLE_SECONDS + CATCH_UP_SECONDS
        self.pass_time(SETTLE_SECONDS)
        self._catch_up(self.clock.now + CATCH_UP_SECONDS)
        self._busy_until = self.clock.now
        node = self._running()
        node.commit()
        self._exchange()
        self.audit.check_kept(node.epoch, node.committed)
        self.audit.check_tracks(node.epoch, node.published_tracks)
        self.audit.check_complete(consumer.ledger for consumer in self.consumers.values())
        self._check_memory()

    def _catch_up(self, deadline: float) -> None:
        """Wait until every subscriber has everything, or until it is late."""
        ledgers = [consumer.ledger for consumer in self.consumers.values()]
        while self.clock.now < deadline and self.audit.find_missing(ledgers):
            self.pass_time(SETTLE_SECONDS / 4)

    def act(self, action: Action) -> None:
        """Let one thing happen."""
        with self._crashes_told():
            _ACTS[action.kind](self, action)

    def start_node(self, *, makes_room: bool = True) -> None:
        """Start a node, unless one runs. makes_room: whoever starts it has emptied the disk."""
        if self.node is None:
            self.disk.kill_at = 0
            self.disk.full &= not makes_room
            self.runs += 1
            self.node = Node(self.world, self.runs)

    def stop_node(self) -> None:
        """Stop the node as a signal does."""
        if self.node is None:
            return
        try:
            self.node.stop()
        except KilledError:
            self._bury()
            return
        node, self.node = self.node, None
        self.audit.check_tracks(node.epoch, set())
        self.audit.check_kept(node.epoch, node.committed)

    def close(self) -> None:
        """Let go of all files and threads, whatever happened."""
        for consumer in self.consumers.values():
            consumer.close()
        if self.node:
            self.node.leave()

    def _turn(self, seconds: float) -> None:
        """Go on by so many seconds at most; then one step of the node, then of everybody else."""
        with self._crashes_told():
            self.clock.advance(seconds)
            try:
                if self.node:
                    self.node.step()
                self._exchange()
            except KilledError:
                self._bury()

    @contextmanager
    def _crashes_told(self) -> Iterator[None]:
        """An exception of any kind is a broken promise."""
        try:
            yield
        except BrokenPromiseError:
            raise
        except Exception as error:
            raise BrokenPromiseError(Promise.NO_CRASH, repr(error), self.clock.now) from error

    def _exchange(self) -> None:
        """Let subscribers receive and the node answer, until neither has anything to do at this moment."""
        active = True
        while active:
            active = any([consumer.take() for consumer in self.consumers.values() if consumer.is_unhurried])
            active |= bool(self.node and self.node.serve())
        for consumer in self.consumers.values():
            if not consumer.is_unhurried:
                consumer.take()

    def _bury(self) -> None:
        """The node was killed: what was under way is lost, and another start follows."""
        node = self._running()
        self.node = None
        node.leave()
        self.disk.revive()
        if self.kills % 2 == 0:  # what a process has sent may arrive after its death, or may not
            self._exchange()
        self.audit.bury(node.epoch)
        self.audit.check_kept(node.epoch, node.committed)
        for link in self.wire.links.values():
            link.lose()
        self.kills += 1
        self.clock.at(RESTART_SECONDS, self.start_node)

    def _forget_kill(self) -> None:
        self.disk.kill_at = 0
        if self.node:
            self.node.fate.kill_at = 0

    def _running(self) -> Node:
        if self.node is None:
            raise RuntimeError("the node is down")
        return self.node

    def _is_busy(self) -> bool:
        is_watched = any(camera.is_busy for camera in self.cameras.values())
        return is_watched or self.clock.has_plans or self.clock.now < self._busy_until

    def _check_memory(self) -> None:
        node = self._running()
        beside = [self.world, self.audit, self.wire, *(consumer.ledger for consumer in self.consumers.values())]
        self.objects = count_objects([node, *self.consumers.values()], beside=beside)
        self.audit.check_bounded("objects", self.objects, MAX_OBJECTS)

    def _summary(self, actions: int) -> Summary:
        ledgers = [consumer.ledger for consumer in self.consumers.values()]
        return Summary(
            hours=self.clock.now / 3600,
            actions=actions,
            runs=self.runs,
            kills=self.kills,
            made=self.audit.events,
            received=sum(ledger.events for ledger in ledgers),
            lost=sum(ledger.lost for ledger in ledgers),
            objects=self.objects,
        )


@contextmanager
def simulated(folder: Path) -> Iterator[Simulation]:
    """A simulation whose files are in a folder; its outbox is on the simulated disk."""
    disk = Disk(folder)
    world = Simulation(folder, disk)
    with mock.patch("sqlite3.connect", disk.connect), closing(world) as simulation:
        with simulation.wire.plugged_in():
            simulation.start()
            yield simulation


def count_objects(roots: Iterable[object], *, beside: Iterable[object]) -> int:
    """Count the objects that can be reached from some, without code and without what is reached from others."""
    seen = {id(found) for found in beside}
    queue, count = list(roots), 0
    while queue:
        found = queue.pop()
        if id(found) in seen or isinstance(found, _CODE):
            continue
        seen.add(id(found))
        count += 1
        queue += gc.get_referents(found)
    return count


_CODE = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.CodeType, types.FrameType)


def _walk(world: Simulation, action: Action) -> None:
    world.cameras[action.target].enter(action.who, action.seconds)


def _stall(world: Simulation, action: Action) -> None:
    camera = world.cameras[action.target]
    camera.silent_until = world.clock.now + action.seconds
    camera.busy_until = max(camera.busy_until, camera.silent_until)


def _drop(world: Simulation, action: Action) -> None:
    camera = world.cameras[action.target]
    camera.offline_until = world.clock.now + action.seconds
    camera.busy_until = max(camera.busy_until, camera.offline_until)


def _stamp_jump(world: Simulation, action: Action) -> None:
    world.cameras[action.target].stamp_error += action.number


def _picture_jump(world: Simulation, action: Action) -> None:
    world.cameras[action.target].jump()


def _resize(world: Simulation, action: Action) -> None:
    world.cameras[action.target].size = action.number


def _disk_full(world: Simulation, action: Action) -> None:
    world.disk.full = True

    def empty() -> None:
        world.disk.full = False

    world.clock.at(action.seconds, empty)


def _full_at_start(world: Simulation, action: Action) -> None:
    """The node is started again on a disk that is full, and stopped before there is room."""
    world.stop_node()
    _disk_full(world, action)
    world.clock.at(action.seconds / 3, lambda: world.start_node(makes_room=False))
    world.clock.at(action.seconds * 2 / 3, world.stop_node)
    world.clock.at(action.seconds + RESTART_SECONDS, world.start_node)


def _kill(world: Simulation, action: Action) -> None:
    if world.node and world.node.committed:
        world.node.fate.kill_at = action.number
        world.node.fate.commits_first = action.seconds > RESTART_SECONDS


def _kill_in_commit(world: Simulation, action: Action) -> None:
    if world.node and world.node.committed:
        world.disk.kill_at = action.number


def _kill_at_start(world: Simulation, action: Action) -> None:
    """The node is started again, and killed before its first events are stored."""
    world.stop_node()
    world.start_node()
    if world.node:
        world.node.fate.kill_at = action.number


def _stop(world: Simulation, action: Action) -> None:
    world.stop_node()
    world.clock.at(action.seconds, world.start_node)


def _crawl(world: Simulation, action: Action) -> None:
    consumer = world.consumers[action.target]
    consumer.items_per_turn = action.number % 3

    def hurry() -> None:
        consumer.items_per_turn = UNHURRIED

    world.clock.at(action.seconds, hurry)


def _away(world: Simulation, action: Action) -> None:
    world.consumers[action.target].close()
    world.clock.at(action.seconds, world.consumers[action.target].open)


def _cut(world: Simulation, action: Action) -> None:
    link = world.consumers[action.target].link
    link.events.clear()
    link.down = True

    def mend() -> None:
        link.down = False

    world.clock.at(action.seconds, mend)


def _lost_request(world: Simulation, action: Action) -> None:
    """Everything that is under way is lost for a while, the subscriber's requests and the answers too."""
    link = world.consumers[action.target].link
    link.is_lossy = True

    def mend() -> None:
        link.is_lossy = False

    world.clock.at(action.seconds, mend)


def _slow_link(world: Simulation, action: Action) -> None:
    link = world.consumers[action.target].link
    link.delay = SLOW_LINK_SECONDS

    def quicken() -> None:
        link.delay = 0.0

    world.clock.at(action.seconds, quicken)


def _wall_jump(world: Simulation, action: Action) -> None:
    world.clock.wall_error += action.number

    def correct() -> None:
        world.clock.wall_error -= action.number

    world.clock.at(action.seconds, correct)


def _enrol(world: Simulation, action: Action) -> None:
    world.gallery.enrol(action.target)


def _erase(world: Simulation, action: Action) -> None:
    world.gallery.erase(action.target)


def _broken_vector(world: Simulation, action: Action) -> None:
    world.gallery.damage(action.target, action.number)
    world.clock.at(action.seconds, lambda: world.gallery.enrol(action.target))


def _damaged_row(world: Simulation, action: Action) -> None:
    """Overwrite a byte of the newest stored event but `number`, so that it is no JSON."""
    query = "SELECT id, epoch, topic, seq, body FROM events ORDER BY id DESC LIMIT 1 OFFSET ?"
    with suppress(sqlite3.OperationalError), closing(REAL_CONNECT(world.disk.outbox, isolation_level=None)) as db:
        for row, epoch, name, seq, body in db.execute(query, (action.number,)).fetchall():
            db.execute("UPDATE events SET body = ? WHERE id = ?", (b"\x00" + body[1:], row))
            world.audit.damaged.add((epoch, name, seq))


_ACTS: dict[Kind, Callable[[Simulation, Action], None]] = {
    Kind.WALK: _walk,
    Kind.STALL: _stall,
    Kind.DROP: _drop,
    Kind.STAMP_JUMP: _stamp_jump,
    Kind.PICTURE_JUMP: _picture_jump,
    Kind.RESIZE: _resize,
    Kind.DISK_FULL: _disk_full,
    Kind.FULL_AT_START: _full_at_start,
    Kind.KILL: _kill,
    Kind.KILL_IN_COMMIT: _kill_in_commit,
    Kind.KILL_AT_START: _kill_at_start,
    Kind.STOP: _stop,
    Kind.CRAWL: _crawl,
    Kind.AWAY: _away,
    Kind.CUT: _cut,
    Kind.LOST_REQUEST: _lost_request,
    Kind.ENROL: _enrol,
    Kind.ERASE: _erase,
    Kind.SLOW_LINK: _slow_link,
    Kind.WALL_JUMP: _wall_jump,
    Kind.DAMAGED_ROW: _damaged_row,
    Kind.BROKEN_VECTOR: _broken_vector,
}
