"""What is too old, by clocks that jump."""

from contextlib import closing
from pathlib import Path

import pytest

from pipeline.bus.outbox import Outbox, OutboxReader, Query, Retention
from pipeline.bus.outbox.age_bound import AgeBound
from pipeline.events import encode, topic
from tests.synthetic.events import track

NOW, YEAR, KEPT = 1.8e9, 365 * 86_400.0, 3600.0


def bound(*notes: tuple[float, float]) -> float:
    """The oldest time that is kept, after events with these wall times at these steady times, from NOW on."""
    age = AgeBound(KEPT)
    age.start(NOW)
    for wall_time, steady in notes:
        age.note(wall_time, steady)
    return age.oldest + KEPT


def minutes(count: int, *, wall: float, steady: float = 0.0) -> list[tuple[float, float]]:
    return [(wall + 60 * minute, steady + 60 * minute) for minute in range(count)]


def test_a_clock_that_runs_is_followed_ten_minutes_behind() -> None:
    assert bound(*minutes(10, wall=NOW)) == NOW
    assert bound(*minutes(60, wall=NOW)) == pytest.approx(NOW + 49 * 60, abs=90)


def test_nine_minutes_ahead_count_for_nothing() -> None:
    ahead = minutes(9, wall=NOW + YEAR, steady=3600)
    after = minutes(9, wall=NOW + 600, steady=3600 + 600)
    assert bound((NOW, 0.0), *ahead, *after) < NOW + YEAR / 2


@pytest.mark.parametrize("wall_time", [0.0, -1e300, NOW - YEAR])
def test_a_clock_that_is_put_back_keeps_what_is_new(wall_time: float) -> None:
    assert bound((NOW, 0.0), (wall_time, 60.0)) <= wall_time


def test_one_event_of_long_ago_holds_the_bound_for_eleven_minutes_alone() -> None:
    notes = [(NOW, 0.0), (0.0, 30.0), *minutes(30, wall=NOW + 60, steady=60)]
    assert bound(*notes[:8]) <= 0
    assert bound(*notes) > NOW


def test_events_of_a_clock_that_was_put_back_are_stored(tmp_path: Path) -> None:
    with closing(
        Outbox(tmp_path / "o.db", commit_seconds=0, retention=Retention(hours=1), clock=lambda: NOW)
    ) as outbox:
        for seq, wall_time in enumerate((NOW, NOW + 1, NOW - YEAR, NOW - YEAR + 1)):
            event = track(seq, wall_time=wall_time)
            outbox.put(topic(event), event, encode(event))
            assert outbox.flush(5)
        with closing(OutboxReader(outbox.path)) as reader:
            assert [row.seq for row in reader.read(Query(topic="v1/"), 10)] == [0, 1, 2, 3]
