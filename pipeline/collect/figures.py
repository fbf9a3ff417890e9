"""Figures of one collecting process for Prometheus, read from its store when they are asked for."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.collect.database import open_collection
from pipeline.collect.lasting import StoreHealth
from pipeline.collect.reader import BridgeState, Skipped, Source, StreamReader

SKIPPED_SHOWN = 1000


class CollectFigures(Collector):
    """place: of the store.  parts: of this process.  health: what keeps each of them from the store."""

    def __init__(self, place: str, parts: Callable[[], Sequence[str]], health: StoreHealth) -> None:
        self._place, self._parts, self._health = place, parts, health

    def collect(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily(
            "glimpse_collect_waiting", "1: the store takes nothing of this part now.", labels=["part"]
        )
        errors = self._health.errors()
        for part in self._parts():
            waiting.add_metric([part], float(part in errors))
        yield waiting
        try:
            with closing(open_collection(self._place)) as database:
                reader = StreamReader(database)
                sources, bridges = reader.sources(), reader.bridges()
                skipped = reader.skipped(limit=SKIPPED_SHOWN)
        except (OSError, ValueError):
            return  # `waiting` says why
        yield from _of_sources(sources)
        yield from _of_bridges(bridges)
        yield _left_out(skipped)


def _of_sources(sources: Sequence[Source]) -> Iterator[Metric]:
    stored = GaugeMetricFamily(
        "glimpse_collect_stored_timestamp_seconds", "When something was stored last.", labels=["address", "node"]
    )
    lost = GaugeMetricFamily("glimpse_collect_lost_events", "Events that are lost.", labels=["address", "node"])
    for source in sources:
        stored.add_metric([source.address, source.node], source.arrived)
        lost.add_metric([source.address, source.node], source.lost)
    yield stored
    yield lost


def _of_bridges(bridges: Sequence[BridgeState]) -> Iterator[Metric]:
    behind = GaugeMetricFamily("glimpse_collect_behind", "Entries that are not passed on yet.", labels=["bridge"])
    failing = GaugeMetricFamily("glimpse_collect_failing", "1: the other system takes nothing.", labels=["bridge"])
    skipped = GaugeMetricFamily(
        "glimpse_collect_skipped", "Entries that are kept here and too large for the other system.", labels=["bridge"]
    )
    for bridge in bridges:
        behind.add_metric([bridge.name], bridge.behind)
        failing.add_metric([bridge.name], float(bool(bridge.error)))
        skipped.add_metric([bridge.name], bridge.skipped)
    yield behind
    yield failing
    yield skipped


def _left_out(skipped: Sequence[Skipped]) -> Metric:
    """The newest one of each bridge."""
    last = InfoMetricFamily(
        "glimpse_collect_last_skipped", "The newest entry that is too large for the other system.", labels=["bridge"]
    )
    for one in {one.bridge: one for one in reversed(skipped)}.values():
        told = {name: str(value) for name, value in one._asdict().items() if name != "bridge"}
        last.add_metric([one.bridge], told)
    return last
