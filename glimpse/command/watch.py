"""`glimpse watch ADDRESS`: print the events that a node publishes."""

from contextlib import closing

from cyclopts import App

from glimpse.command.counts import at_least, more_than_nothing
from glimpse.command.new_command import DONE, FAILED, exit_code, new_command
from pipeline.bus.client import ALL, Subscriber
from pipeline.watch import watch as print_items

app: App = new_command(
    "watch",
    "glimpse watch tcp://127.0.0.1:5556",
    f"glimpse watch tcp://127.0.0.1:5556 --topic {ALL}identity/ --json",
)


@app.default
@exit_code
def watch(
    address: str,
    *,
    topic: list[str] | None = None,
    json: bool = False,
    curve: str = "",
    count: int | None = None,
    timeout: float | None = None,
    replay: bool = False,
) -> int:
    """Print the events of a node until Ctrl-C.

    Parameters
    ----------
    address
        the node's --bind address as reached from this machine: tcp://HOST:PORT or ipc://PATH
    topic
        only topics with this prefix, such as v1/identity/; may be repeated
    json
        print JSON lines instead of text
    curve
        a client's folder, made by python -m pipeline.curve
    count
        stop after this many events; exit code 1 if fewer came before --timeout
    timeout
        stop after this many seconds
    replay
        begin with all events that the node has stored
    """
    at_least("--count", count, 0)
    more_than_nothing("--timeout", timeout)
    topics = tuple(topic or (ALL,))
    with closing(Subscriber(address, topics=topics, start="replay" if replay else "snapshot", curve=curve)) as bus:
        return DONE if print_items(bus, as_json=json, count=count, timeout=timeout) else FAILED
