"""Which runs a subscriber is done with."""

import pytest

from pipeline.bus.messages import ReplayRequest
from pipeline.bus.past_runs import PastRuns


def test_a_run_is_over_once_another_began_and_wanted_only_while_its_rest_is_requested() -> None:
    runs = PastRuns()
    runs.end("a")
    assert (runs.is_over("a"), runs.is_wanted("a"), runs.is_wanted("b")) == (True, False, True)
    runs.since = ("a", None)
    assert runs.is_wanted("a")


def test_a_new_topic_begins_at_zero_unless_the_run_was_joined_under_way() -> None:
    runs = PastRuns()
    assert runs.first_seq("a") is None
    runs.since = ("a", None)
    assert (runs.first_seq("a"), runs.first_seq("b")) == (None, 0)


@pytest.mark.parametrize(("start", "is_asked"), [("01", False), ("02", True), ("03", True), ("04", False)])
def test_a_request_covers_the_runs_that_started_between_two(start: str, is_asked: bool) -> None:
    runs = PastRuns(since=("20270102T000000Z-x", 0))
    request = ReplayRequest(since="20270102T000000Z-x", before="20270104T000000Z-y")
    assert runs.is_asked_for(f"202701{start}T000000Z-z", request) is is_asked


def test_old_runs_are_forgotten() -> None:
    runs = PastRuns()
    for number in range(1001):
        runs.end(str(number))
    assert (runs.is_over("0"), runs.is_over("1"), runs.is_over("1000")) == (False, True, True)
