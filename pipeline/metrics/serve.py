"""Answers `/metrics`, `/health/live` and `/health/ready` over HTTP, without a page."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from pipeline.metrics.node_metrics import NodeMetrics
from pipeline.metrics.readiness import judge

MAX_REQUEST_SECONDS = 5.0
Answer = tuple[int, str, bytes]


def answers(metrics: NodeMetrics, *more: Collector) -> dict[str, Callable[[], Answer]]:
    """What each path answers: status, content type and body. more: other figures for `/metrics`."""
    registry = CollectorRegistry()
    for collector in (metrics, *more):
        registry.register(collector)

    def ready() -> Answer:
        found = judge(metrics)
        return 200 if found.ready else 503, "application/json", json.dumps(asdict(found)).encode()

    return {
        "/metrics": lambda: (200, CONTENT_TYPE_LATEST, generate_latest(registry)),
        "/health/live": lambda: (200, "application/json", b'{"live": true}'),
        "/health/ready": ready,
    }


@contextmanager
def serving(metrics: NodeMetrics, host: str, port: int) -> Iterator[tuple[str, int]]:
    """Serve until the block ends; gives the bound address. Raises OSError for an address that is taken."""
    with serving_paths(answers(metrics), host, port) as bound:
        yield bound


@contextmanager
def serving_paths(paths: Mapping[str, Callable[[], Answer]], host: str, port: int) -> Iterator[tuple[str, int]]:
    """The same for any paths and what each answers."""
    server = ThreadingHTTPServer((host, port), _handler(paths))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="metrics", daemon=True)
    thread.start()
    try:
        yield str(server.server_address[0]), int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(paths: Mapping[str, Callable[[], Answer]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = MAX_REQUEST_SECONDS

        def do_GET(self) -> None:
            answer = paths.get(self.path.partition("?")[0])
            status, kind, body = answer() if answer else (404, "text/plain", b"expected /metrics or /health/ready\n")
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Write nothing: a scrape every few seconds is no news."""

    return Handler
