"""One topic in order: held back events, duplicates, and gaps."""

from pipeline.bus.reorder import Gap, ReorderBuffer
from pipeline.events import Event
from tests.synthetic.events import track


def push(buffer: ReorderBuffer, *seqs: int) -> list[int]:
    """Push events with these seqs; return the seqs that are released."""
    released: list[Event] = [event for seq in seqs for event in buffer.push(track(seq))]
    return [event.seq for event in released]


def test_events_are_released_in_order_and_once() -> None:
    buffer = ReorderBuffer("t", "e", 0)
    assert push(buffer, 1, 2, 1) == []
    assert (buffer.size, buffer.missing) == (2, (0, 0))
    assert push(buffer, 0) == [0, 1, 2]
    assert push(buffer, 0, 2, 3) == [3]
    assert (buffer.size, buffer.missing) == (0, None)


def test_without_an_expected_seq_the_first_event_sets_it() -> None:
    buffer = ReorderBuffer("t", "e", None)
    assert buffer.missing is None
    assert push(buffer, 7, 9) == [7]
    assert buffer.missing == (8, 8)


def test_published_events_that_never_arrived_are_missing() -> None:
    buffer = ReorderBuffer("t", "e", 0)
    buffer.note_published(2)
    assert buffer.missing == (0, 2)
    late = ReorderBuffer("t", "e", None)
    late.note_published(2)
    assert late.missing is None
    assert push(late, 2, 3) == [3]


def test_missing_events_up_to_a_limit_are_skipped() -> None:
    buffer = ReorderBuffer("t", "e", 0)
    assert push(buffer, 2, 5) == []
    items = list(buffer.skip_missing(3))
    assert [item for item in items if isinstance(item, Gap)] == [Gap("t", "e", 0, 1), Gap("t", "e", 3, 3)]
    assert buffer.missing == (4, 4)


def test_each_run_of_missing_events_becomes_a_gap() -> None:
    buffer = ReorderBuffer("t", "e", 0)
    assert [*buffer.push(track(2)), *buffer.push(track(5))] == []
    buffer.note_published(7)
    given_up = list(buffer.skip_missing())
    assert [item for item in given_up if isinstance(item, Gap)] == [
        Gap("t", "e", 0, 1),
        Gap("t", "e", 3, 4),
        Gap("t", "e", 6, 7),
    ]
    assert buffer.missing is None
