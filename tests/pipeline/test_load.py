"""What a node has spent since it started."""

import pytest

from pipeline.events import LATENCY_BUCKETS
from pipeline.load import BusLoad, LoadMeter, Stage


def test_stages_and_crops_add_up() -> None:
    meter = LoadMeter()
    meter.add_stage(Stage.FIND, 0.25)
    meter.add_stage(Stage.FIND, 0.5)
    meter.add_stage(Stage.EMBED, 0.125, crops=3)
    meter.add_stage(Stage.EMBED, 0.125, crops=4)
    load = meter.read(BusLoad(2, 3, 4))
    assert (load.find_seconds, load.embed_seconds, load.crops) == (0.75, 0.25, 7)
    assert (load.queued, load.unsent, load.outbox_bytes) == (2, 3, 4)


def test_latencies_are_counted_up_to_each_bound() -> None:
    meter = LoadMeter()
    for seconds in (0.01, 0.05, 0.06, 4.0, 60.0):
        meter.add_latency(seconds)
    load = meter.read(BusLoad())
    assert load.latency_counts == (2, 3, 3, 3, 3, 3, 3, 4, 5)
    assert len(load.latency_counts) == len(LATENCY_BUCKETS) + 1
    assert load.latency_seconds == pytest.approx(64.12)
