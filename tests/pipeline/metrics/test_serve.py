"""The figures over HTTP, from a real server."""

import http.client
import json

from pipeline.metrics.node_metrics import NodeMetrics
from pipeline.metrics.serve import serving
from pipeline.types import CameraState
from tests.pipeline.metrics.test_readiness import heartbeat


def get(at: tuple[str, int], path: str) -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection(*at, timeout=5)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = answer.status, answer.getheader("Content-Type") or "", answer.read()
    connection.close()
    return found


def test_figures_and_health_are_answered() -> None:
    metrics = NodeMetrics()
    with serving(metrics, "127.0.0.1", 0) as at:
        assert get(at, "/health/live")[0] == 200
        status, _, body = get(at, "/health/ready")
        assert (status, json.loads(body)["reasons"]) == (503, ["no heartbeat yet"])
        metrics.add(heartbeat(CameraState.LIVE))
        assert get(at, "/health/ready?verbose=1")[0] == 200
        status, kind, body = get(at, "/metrics")
        assert status == 200
        assert kind.startswith("text/plain; version=")
        assert b'glimpse_up{node="node"} 1.0' in body
        assert get(at, "/")[0] == 404
        assert get(at, "/../etc/passwd")[0] == 404


def test_the_address_is_free_again_afterwards() -> None:
    with serving(NodeMetrics(), "127.0.0.1", 0) as at:
        pass
    with serving(NodeMetrics(), *at) as again:
        assert again == at
