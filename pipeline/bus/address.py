"""Where the bus may listen. One address configures it: replay is always one port above (`tcp`) or at `.replay` (`ipc`).

The convention spares subscribers a second setting and the bus a discovery protocol; a wildcard port is drawn until both
are free.
"""

import ipaddress
import re

_TCP = re.compile(r"^tcp://(?P<host>\[[^\]]+\]|[^:\[\]/]+):(?P<port>\d{1,5}|\*)$")


def replay_address(address: str) -> str:
    """The address of the replay socket that stands beside the publisher at `address` (with a real port)."""
    match = _TCP.match(address)
    if match:
        return f"tcp://{match['host']}:{int(match['port']) + 1}"
    return f"{address}.replay"


def check_bind(address: str, *, curve: bool) -> None:
    """Raise ValueError for an address the bus cannot or must not listen on."""
    host = _host(address, "events.bind", wildcard=True)
    if host is not None and not curve and not _is_loopback(host):
        raise ValueError(
            f"events.bind: {address!r} can be reached from other machines, so it needs CURVE keys; make them with "
            "`python -m pipeline.curve FOLDER` and set events.curve to that folder, or bind to 127.0.0.1"
        )
    if address.startswith("inproc://") and curve:
        raise ValueError(f"events.bind: {address!r} stays inside the process, where CURVE does nothing; leave it out")


def check_connect(address: str) -> None:
    """Raise ValueError for an address nobody can subscribe to."""
    _host(address, "address", wildcard=False)


def _host(address: str, name: str, *, wildcard: bool) -> str | None:
    """The host of a tcp address, None for ipc and inproc."""
    if re.match(r"^(ipc|inproc)://[^*]", address):
        return None
    match = _TCP.match(address)
    if match is None or (match["port"] == "*" and not wildcard):
        raise ValueError(f"{name}: expected tcp://HOST:PORT or ipc://PATH, got {address!r}")
    if match["port"] != "*" and not 1 <= int(match["port"]) <= 65534:
        raise ValueError(f"{name}: expected a port from 1 to 65534 (replay uses the next one), got {address!r}")
    return match["host"].strip("[]")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
