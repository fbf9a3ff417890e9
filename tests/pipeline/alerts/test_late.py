"""Events that come too late are counted, and told in one once all have come."""

from datetime import UTC

import pytest

from pipeline.alerts.late import BETWEEN_SECONDS, MAX_WAIT_SECONDS, QUIET_SECONDS, Late

NOW = 1_000_000.0


def late(*added: float) -> Late:
    found = Late()
    for seconds in added:
        found.add("door", 500.0 + seconds, NOW + seconds)
    return found


def test_nothing_late_is_nothing_to_tell() -> None:
    assert Late().take(NOW, UTC) is None


@pytest.mark.parametrize(("after", "is_told"), [(0.0, False), (QUIET_SECONDS - 0.1, False), (QUIET_SECONDS, True)])
def test_it_is_told_when_no_more_came_for_a_while(after: float, is_told: bool) -> None:
    assert (late(0.0).take(NOW + after, UTC) is not None) is is_told


def test_it_is_told_at_last_where_they_keep_coming() -> None:
    found = late(*range(0, int(MAX_WAIT_SECONDS), 5))
    assert found.take(NOW + MAX_WAIT_SECONDS - 1, UTC) is None
    assert found.take(NOW + MAX_WAIT_SECONDS, UTC) is not None


def test_a_clock_that_was_put_back_does_not_hold_it_up() -> None:
    assert late(0.0).take(NOW - 5000.0, UTC) is not None


def test_all_are_in_one_with_their_rules_and_times() -> None:
    found = Late()
    for rule, at in (("yard", 3600.0), ("door", 0.0), ("door", 7200.0)):
        found.add(rule, at, NOW)
    cause = found.take(NOW + QUIET_SECONDS, UTC)
    assert cause is not None
    assert (cause.who, cause.subject, cause.at) == ("3 events", "late", NOW + QUIET_SECONDS)
    assert cause.what.endswith("came too late to be told one by one (door: 2, yard: 1)")
    assert "1970-01-01 00:00" in cause.what
    assert "1970-01-01 02:00" in cause.what
    assert cause.key == "0.000/7200.000/3"


def test_the_count_begins_anew_and_the_next_waits_an_hour() -> None:
    found = late(0.0)
    assert found.take(NOW + 10, UTC) is not None
    found.add("door", 900.0, NOW + 20)
    assert found.take(NOW + 40, UTC) is None
    cause = found.take(NOW + 10 + BETWEEN_SECONDS, UTC)
    assert cause is not None
    assert (cause.who, cause.key) == ("1 events", "900.000/900.000/1")
