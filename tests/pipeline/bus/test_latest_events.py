"""The present state holds what is open, and forgets what has ended."""

from pipeline.bus.latest_events import LatestEvents
from pipeline.events import Event, TrackAction, decode, encode, topic
from tests.synthetic.events import camera, identity, track


def update(latest: LatestEvents, *events: Event) -> None:
    for event in events:
        latest.update(topic(event), event, encode(event))


def test_open_tracks_are_told_with_the_numbers_of_all_topics() -> None:
    latest = LatestEvents()
    update(latest, camera(3), track(0), track(1, track=2), track(2, track=2, action=TrackAction.END), identity(0))
    bodies, last_seq = latest.open_tracks()
    assert [decode(body) for body in bodies] == [track(0, wall_time=decode(bodies[0]).wall_time)]
    assert last_seq == {"v1/camera/door/": 3, "v1/track/door/": 2, "v1/identity/door/": 0}


def test_a_retracted_name_is_not_in_the_snapshot() -> None:
    latest = LatestEvents()
    update(latest, track(0), identity(0), identity(1, person=None))
    assert len(latest.snapshot("v1/")[0]) == 1


def test_ended_tracks_take_no_memory() -> None:
    latest = LatestEvents()
    for number in range(1000):
        update(latest, track(2 * number, track=number), identity(number, number=number))
        update(latest, track(2 * number + 1, track=number, action=TrackAction.END))
    assert latest.snapshot("v1/")[0] == []
