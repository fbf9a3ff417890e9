"""Who runs which camera, by beats alone: never two at once, whatever is late, lost or doubled."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cluster.lease import GUARD_SECONDS, Lease
from pipeline.cluster.messages import Beat, CameraBeat, Grant
from pipeline.cluster.supervisor import Supervisor
from pipeline.settings.rooms.cluster import ClusterSettings
from pipeline.settings.types import CameraSettings

CAMERAS = [CameraSettings(source="rtsp://10.0.0.1/s", name=f"cam{number}") for number in range(4)]
SETTINGS = ClusterSettings(folder="x", lease_seconds=4, settle_seconds=10)
TERM = SETTINGS.lease_seconds + GUARD_SECONDS


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Puppet:
    """A worker without an engine: it holds what it is granted. clock: shared with the supervisor."""

    supervisor: Supervisor
    clock: Clock
    node: str
    run: str = ""
    networks: frozenset[str] = frozenset()
    number: int = 0
    late: float | None = None
    held: frozenset[str] = frozenset()
    cores: float = 2.0
    lease: Lease = field(init=False)

    def __post_init__(self) -> None:
        self.run = self.run or f"{self.node}-1"
        self.lease = Lease(self.clock)

    def report(self, *, leaving: bool = False) -> Beat:
        self.number += 1
        cameras = {name: CameraBeat(state="live") for name in self.held}
        return Beat(
            node=self.node,
            run=self.run,
            number=self.number,
            networks=self.networks,
            cores=self.cores,
            held=self.held,
            cameras=cameras,
            latency_p99=self.late,
            leaving=leaving,
        )

    def beat(self, *, leaving: bool = False) -> Grant:
        grant = self.supervisor.beat(self.report(leaving=leaving))
        self.lease.extend(self.clock.now, grant)
        self.held = self.lease.cameras
        return grant


def site(*nodes: str) -> tuple[Supervisor, Clock, list[Puppet]]:
    """A supervisor past its first term, and workers that have cameras."""
    clock = Clock()
    supervisor = Supervisor(CAMERAS, SETTINGS, clock=clock)
    workers = [Puppet(supervisor, clock, node) for node in nodes]
    clock.now = TERM + 0.1
    for worker in workers * 2:
        worker.beat()
    go_on(clock, workers, 1.0)
    return supervisor, clock, workers


def go_on(clock: Clock, workers: list[Puppet], seconds: float, step: float = 0.5) -> None:
    end = clock.now + seconds
    while clock.now < end:
        clock.now += step
        for worker in workers:
            worker.beat()


def test_nothing_is_given_before_an_earlier_supervisor_s_leases_have_ended() -> None:
    clock = Clock()
    supervisor = Supervisor(CAMERAS, SETTINGS, clock=clock)
    worker = Puppet(supervisor, clock, "a")
    clock.now = TERM - 0.1
    assert worker.beat().cameras == frozenset()
    assert supervisor.status().waiting
    clock.now = TERM + 0.1
    assert len(worker.beat().cameras) == 4


def test_a_new_supervisor_leaves_cameras_where_they_run() -> None:
    clock = Clock()
    supervisor = Supervisor(CAMERAS, SETTINGS, clock=clock)
    keeper, other = Puppet(supervisor, clock, "z"), Puppet(supervisor, clock, "a")
    keeper.held = frozenset({"cam0", "cam1"})
    assert keeper.beat().cameras == {"cam0", "cam1"}
    go_on(clock, [other, keeper], TERM + 1)
    assert keeper.held >= {"cam0", "cam1"}
    assert keeper.held | other.held == {camera.name for camera in CAMERAS}


def test_all_run_once() -> None:
    _, _, (one, two) = site("a", "b")
    assert len(one.held) == len(two.held) or one.held | two.held == {camera.name for camera in CAMERAS}
    assert not one.held & two.held


def test_a_dead_worker_s_cameras_go_elsewhere_after_its_lease_and_not_before() -> None:
    supervisor, clock, (one, two) = site("a", "b")
    go_on(clock, [one, two], 12)
    assert one.held
    assert two.held
    last = clock.now
    while len(two.held) < 4:
        clock.now += 0.1
        two.beat()
        assert not (set(one.lease.cameras) & two.held)
    assert last + SETTINGS.lease_seconds < clock.now <= last + TERM + 0.3
    assert supervisor.status().losses == 1


def test_a_worker_that_leaves_hands_over_at_once() -> None:
    supervisor, clock, (one, two) = site("a", "b")
    go_on(clock, [one, two], 12)
    one.held = frozenset()
    one.beat(leaving=True)
    two.beat()
    assert len(two.held) == 4
    go_on(clock, [two], TERM + 1)
    assert supervisor.status().losses == 0


def test_a_moved_camera_is_given_only_when_the_worker_before_has_let_go() -> None:
    clock = Clock()
    supervisor = Supervisor(CAMERAS, SETTINGS, clock=clock)
    one, two = Puppet(supervisor, clock, "a"), Puppet(supervisor, clock, "b")
    clock.now = TERM + 0.1
    one.beat()
    two.beat()
    go_on(clock, [one, two], SETTINGS.settle_seconds)
    stuck = frozenset(camera.name for camera in CAMERAS)
    for _ in range(20):  # the engine of the first one does not let go
        clock.now += 0.5
        one.held = stuck
        grant = supervisor.beat(one.report())
        two.beat()
        taken = stuck - grant.cameras
    assert taken
    assert not two.held
    one.held = stuck - taken
    one.beat()
    two.beat()
    assert two.held == taken


def test_a_worker_that_starts_again_waits_for_the_lease_of_its_former_process() -> None:
    supervisor, clock, (one,) = site("a")
    again = Puppet(supervisor, clock, "a", run="a-2")
    clock.now += 1
    again.beat()
    assert not again.held
    assert supervisor.beat(one.report()).lease_seconds == 0  # the former process wakes up
    go_on(clock, [again], TERM)
    assert len(again.held) == 4


def test_a_beat_that_comes_late_changes_nothing() -> None:
    supervisor, clock, (one, _) = site("a", "b")
    old = Beat(node="a", run=one.run, number=1, held=frozenset())
    assert supervisor.beat(old).lease_seconds == 0
    clock.now += 0.1
    assert one.beat().cameras == one.held


def test_a_camera_without_its_network_is_told() -> None:
    clock = Clock()
    camera = CameraSettings(source="rtsp://10.0.0.1/s", name="far", network="yard")
    supervisor = Supervisor([camera], SETTINGS, clock=clock)
    here, there = Puppet(supervisor, clock, "a"), Puppet(supervisor, clock, "b", networks=frozenset({"yard"}))
    clock.now = TERM + 0.1
    here.beat()
    assert supervisor.status().unplaced == {"far": "no worker has the network yard"}
    there.beat()
    assert there.held == {"far"}


def test_a_worker_that_stays_slow_gives_cameras_away() -> None:
    supervisor, clock, (one, two) = site("a", "b")
    go_on(clock, [one, two], 25)
    before = len(one.held)
    one.late = SETTINGS.slow_seconds * 2
    go_on(clock, [one, two], SETTINGS.settle_seconds * 2 + 3)
    assert len(one.held) < before
    assert len(one.held) + len(two.held) == 4
    assert {worker.node for worker in supervisor.status().workers if worker.slow} == {"a"}


def test_a_worker_that_is_slow_for_a_moment_keeps_them() -> None:
    _, clock, (one, two) = site("a", "b")
    go_on(clock, [one, two], 25)
    before = one.held
    one.late = SETTINGS.slow_seconds * 2
    go_on(clock, [one, two], 2)
    one.late = 0.1
    go_on(clock, [one, two], 25)
    assert one.held == before


def test_cameras_of_a_dead_worker_do_not_wait_for_another_dead_one() -> None:
    clock = Clock()
    supervisor = Supervisor(CAMERAS, SETTINGS, clock=clock)
    one, two, three = (Puppet(supervisor, clock, node) for node in "abc")
    two.cores = 50.0  # cameras without a worker would go there
    clock.now = TERM + 0.1
    one.beat()
    go_on(clock, [one, two, three], 5)
    assert len(one.held) == 4
    clock.now += 2.5  # the first is silent for longer than the second when its lease ends
    go_on(clock, [two, three], TERM - 2.5)
    theirs = two.held
    go_on(clock, [three], 3)
    assert three.held == {camera.name for camera in CAMERAS} - theirs


def test_a_paused_camera_is_run_by_nobody() -> None:
    clock = Clock()
    cameras = [CameraSettings(source="rtsp://10.0.0.1/s", name="off", enabled=False)]
    supervisor = Supervisor(cameras, SETTINGS, clock=clock)
    worker = Puppet(supervisor, clock, "a")
    clock.now = TERM + 0.1
    assert worker.beat().cameras == frozenset()
    assert supervisor.status().unplaced == {}


ACTIONS = ["beat", "lost answer", "late beat", "restart", "wait"]
steps = st.lists(
    st.tuples(st.sampled_from(ACTIONS), st.integers(0, 2), st.floats(0, 3)),
    max_size=60,
)


@settings(max_examples=80, deadline=None)
@given(steps)
def test_no_camera_is_ever_covered_twice(actions: list[tuple[str, int, float]]) -> None:
    clock = Clock()
    supervisor = Supervisor(CAMERAS, SETTINGS, clock=clock)
    workers = [Puppet(supervisor, clock, node) for node in "abc"]
    former: list[Puppet] = []
    waiting: list[Beat] = []
    for what, which, seconds in actions:
        clock.now += seconds
        worker = workers[which]
        worker.held = worker.lease.cameras
        if what == "beat":
            worker.beat()
        elif what == "lost answer":
            supervisor.beat(worker.report())
        elif what == "late beat":
            waiting.append(worker.report())
            if len(waiting) > 2:
                supervisor.beat(waiting.pop(0))
        elif what == "restart":
            former.append(worker)
            workers[which] = Puppet(supervisor, clock, worker.node, run=f"{worker.node}-{len(former) + 1}")
        everybody = [*workers, *former]
        for camera in (one.name for one in CAMERAS):
            assert sum(camera in one.lease.cameras for one in everybody) <= 1
