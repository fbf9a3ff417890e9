"""What an event adds to a track does not depend on the order between topics."""

from pipeline.history.track_state import TrackState, after
from tests.synthetic.visits import visit


def test_a_name_may_come_at_any_time_between_the_events_of_its_track() -> None:
    begin, named, middle, _, end = visit("Ada")
    ends = set()
    for place in range(4):
        order = [begin, middle, end]
        order.insert(place, named)
        state: TrackState | None = None
        for event in order:
            state = after(state, event)  # type: ignore[arg-type]
        ends.add(state)
    [last] = ends
    assert last is not None
    assert (last.first_seen, last.last_seen, last.ended, last.person, last.is_named) == (
        1000,
        1003,
        "lost",
        "Ada",
        True,
    )
