"""The newest heartbeat of a worker's engine."""

from dataclasses import dataclass

from pipeline.cluster.health import LatestHealth
from tests.pipeline.metrics.test_node_metrics import heartbeat


@dataclass
class Clock:
    now: float = 5.0

    def __call__(self) -> float:
        return self.now


def test_nothing_before_the_first() -> None:
    health = LatestHealth(Clock())
    assert (health.age, health.latency_p99, health.cameras()) == (None, None, {})


def test_the_newest_is_told_with_its_age() -> None:
    clock = Clock()
    health, event = LatestHealth(clock), heartbeat()
    health.on_event(event)
    clock.now = 7.5
    assert health.age == 2.5
    assert health.latency_p99 == event.latency_p99
    assert {name: camera.frames for name, camera in health.cameras().items()} == {
        name: camera.frames for name, camera in event.cameras.items()
    }
