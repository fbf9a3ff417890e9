"""Numbers and heartbeats of a room beside the engine."""

from pipeline.bus.room_events import BEAT_SECONDS, RoomEvents
from tests.synthetic.events import camera, track


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_each_topic_is_counted_from_0_under_the_rooms_own_name() -> None:
    events = RoomEvents("n.history", "e1")
    made = [events.number(event) for event in (track(7), track(9), camera(3))]
    assert [(event.seq, event.node, event.epoch) for event in made] == [
        (0, "n.history", "e1"),
        (1, "n.history", "e1"),
        (0, "n.history", "e1"),
    ]


def test_a_heartbeat_comes_at_once_and_then_in_its_time_and_says_the_last_number_of_each_topic() -> None:
    clock = Clock()
    events = RoomEvents("n.history", "e1", clock=clock, wall=lambda: 5.0)
    first = events.beat()
    assert first is not None
    assert first.last_seq == {"v1/health/n.history/": 0}
    events.number(track(7))
    clock.now += BEAT_SECONDS - 0.1
    assert events.beat() is None
    clock.now += 0.1
    second = events.beat()
    assert second is not None
    assert (second.seq, second.uptime, second.wall_time) == (1, BEAT_SECONDS, 5.0)
    assert second.last_seq == {"v1/health/n.history/": 1, "v1/track/door/": 0}
