"""Serves the figures of one collecting process, and whether its store takes entries, over HTTP."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from pipeline.collect.figures import CollectFigures
from pipeline.collect.process import CollectProcess
from pipeline.metrics.serve import Answer, serving_paths


@contextmanager
def serving_figures(process: CollectProcess, host: str, port: int) -> Iterator[tuple[str, int]]:
    """Serve /metrics, /health/live and /health/ready until the block ends; gives the bound address. Raises OSError."""
    registry = CollectorRegistry()
    registry.register(CollectFigures(process.place, lambda: process.parts, process.health))

    def ready() -> Answer:
        waiting = process.health.errors()
        body = {"ready": not waiting, "waiting": waiting}
        return 503 if waiting else 200, "application/json", json.dumps(body).encode()

    paths = {
        "/metrics": lambda: (200, CONTENT_TYPE_LATEST, generate_latest(registry)),
        "/health/live": lambda: (200, "application/json", b'{"live": true}'),
        "/health/ready": ready,
    }
    with serving_paths(paths, host, port) as bound:
        yield bound
