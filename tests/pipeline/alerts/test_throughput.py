"""A burst of events with many rules is judged faster than nodes can publish."""

import time
from pathlib import Path

import pytest

from tests.synthetic.alert_site import Site, rule, seen

EVENTS, BATCH = 20_000, 1000
LEAST_A_SECOND = 2_000  # a node of 16 cameras with 10 faces each publishes 160


@pytest.mark.slow
def test_events_a_second(tmp_path: Path) -> None:
    people = [f"Person {number}" for number in range(500)]
    rules = [rule("list", people=people), rule("night", kind="nobody_else", people=people), rule("who", kind="unknown")]
    with Site(tmp_path, *rules) as site:
        events = [
            site.track(number % 100, age=number / 100, evidence=seen(f"Person {number % 100}"))
            for number in range(EVENTS)
        ]
        begin = time.process_time()
        for first in range(0, EVENTS, BATCH):
            site.give(*events[first : first + BATCH])
        rate = EVENTS / (time.process_time() - begin)
        assert len(site.rows) == 100
    assert rate > LEAST_A_SECOND
