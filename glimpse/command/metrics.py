"""`glimpse metrics ADDRESS`: figures of a node for Prometheus, and whether it works, over HTTP."""

from contextlib import ExitStack
from pathlib import Path

from cyclopts import App

from glimpse.command.listening import host_and_port
from glimpse.command.log_flags import LOG_FLAGS, Logging
from glimpse.command.new_command import DONE, exit_code, new_command
from glimpse.command.stop_signals import stopped_by_signals
from pipeline.bus.client import ALL, Subscriber
from pipeline.logs.open_log import announce
from pipeline.metrics.node_metrics import NodeMetrics
from pipeline.metrics.serve import serving
from pipeline.settings.rooms.log import LogSettings

POLL_SECONDS = 0.5

app: App = new_command(
    "metrics",
    "glimpse metrics tcp://127.0.0.1:5556",
    "glimpse metrics tcp://127.0.0.1:5556 --listen 10.0.0.5:9464",
)


@app.default
@exit_code
def metrics(
    *addresses: str, listen: str = "127.0.0.1:9464", curve: Path | None = None, log: Logging = LOG_FLAGS
) -> int:
    """Serve /metrics, /health/live and /health/ready until Ctrl-C or SIGTERM. Anybody who reaches the address may read
    them: they name cameras and rules, and nobody who was seen.

    Parameters
    ----------
    addresses
        the node's --bind address, and those of history and alerts where their figures are wanted too
    listen
        HOST:PORT to answer on
    curve
        a client's folder, made by python -m pipeline.curve
    """
    if not addresses:
        raise ValueError("ADDRESS: expected the address of a node, such as tcp://127.0.0.1:5556")
    host, port = host_and_port(listen)
    log.open(LogSettings(), process="metrics")
    figures = NodeMetrics()
    with ExitStack() as stack:
        stop = stack.enter_context(stopped_by_signals())
        buses = [stack.enter_context(_subscribe(address, curve)) for address in addresses]
        bound, at = stack.enter_context(serving(figures, host, port))
        announce(f"metrics: http://{bound}:{at}/metrics")
        while not stop.is_set():
            for bus in buses:
                _take(bus, figures, POLL_SECONDS / len(buses))
    return DONE


def _subscribe(address: str, curve: Path | None) -> Subscriber:
    return Subscriber(address, topics=(ALL,), start="live", curve=str(curve or ""))


def _take(bus: Subscriber, figures: NodeMetrics, timeout: float) -> None:
    """Count all that has arrived, or arrives within `timeout` seconds."""
    item = bus.receive(timeout)
    while item is not None:
        figures.add(item)
        item = bus.receive(0.0)
