"""Figures of the page itself for Prometheus, besides those of the node that it listens to."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.alerts.deliver.status import ReceiverStatus, read_status

log = logging.getLogger(__name__)
SIDE_FILES = ("", "-wal")


class Requests:
    """Counts answers by their status; put around the whole application, so that refusals count too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[int] = Counter()

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application, its answers counted."""

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            async def count(message: Message) -> None:
                if message["type"] == "http.response.start":
                    with self._lock:
                        self._counts[int(message["status"])] += 1
                await send(message)

            await app(scope, receive, count)

        return serve

    def counts(self) -> dict[int, int]:
        """How many answers had each status so far."""
        with self._lock:
            return dict(self._counts)


class PageFigures(Collector):
    """Measured when it is asked. streams: how many are open.  files: of the history.  deliveries: by process."""

    def __init__(
        self,
        requests: Requests,
        streams: Callable[[], int],
        *,
        files: Sequence[Path] = (),
        deliveries: Mapping[str, Path] | None = None,
    ) -> None:
        self._requests, self._streams = requests, streams
        self._files, self._deliveries = files, deliveries or {}

    def collect(self) -> Iterator[Metric]:
        """All metrics, as the client library asks for them."""
        answers = CounterMetricFamily("glimpse_page_requests", "Requests that were answered", labels=("status",))
        for status, count in sorted(self._requests.counts().items()):
            answers.add_metric((str(status),), count)
        yield answers
        yield GaugeMetricFamily("glimpse_page_streams", "Event streams that are open", value=self._streams())
        if self._files:
            yield GaugeMetricFamily("glimpse_history_bytes", "Size of the history", value=_size(self._files))
        yield from self._collect_deliveries()

    def _collect_deliveries(self) -> Iterator[Metric]:
        labels = ("by", "receiver")
        pending = GaugeMetricFamily("glimpse_pending_deliveries", "Messages that wait to be delivered", labels=labels)
        delivered = CounterMetricFamily("glimpse_deliveries", "Messages that were delivered", labels=labels)
        dropped = CounterMetricFamily("glimpse_dropped_deliveries", "Messages given up or refused", labels=labels)
        for process, path in self._deliveries.items():
            for status in _read(process, path):
                where = (process, status.receiver)
                pending.add_metric(where, status.pending)
                delivered.add_metric(where, status.delivered)
                dropped.add_metric(where, status.dropped + status.refused)
        yield from (pending, delivered, dropped) if self._deliveries else ()


def _read(process: str, path: Path) -> Sequence[ReceiverStatus]:
    """Nothing where the process has not made its file yet, or it cannot be read now."""
    try:
        return read_status(path)
    except (OSError, ValueError) as error:
        log.debug("%s: no figures of deliveries: %s", process, error)
        return ()


def _size(files: Sequence[Path]) -> int:
    return sum(_bytes_of(Path(f"{file}{side}")) for file in files for side in SIDE_FILES)


def _bytes_of(file: Path) -> int:
    """0 for one that is not there: SQLite removes its log whenever the last process closes the file."""
    try:
        return file.stat().st_size
    except OSError:
        return 0
