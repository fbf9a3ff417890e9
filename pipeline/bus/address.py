"""Checks the addresses of the bus. The replay address follows from the publisher's, so one setting configures both.

Replay listens one port above the publisher (`tcp`) or at the same path with `.replay` appended (`ipc`).
"""

import ipaddress
import re

from configs.mask import MASK

AUTO_ADDRESS = "tcp://127.0.0.1:5556"
"""Of a node that watches cameras, where `events.bind` is `auto`."""
_PLAIN = re.compile(r"(?:tcp://)?(?:[\w.*-]*|\[[\w:.]*\])(?::[\d*]*)?/?|inproc://[\w.-]*|ipc://[\w./ -]*")
"""What may be shown: anything else may be the URL of a camera, with its password, in the wrong place."""
PREVIEW_PORTS_ABOVE = 10
MAX_PORT = 65534
_TCP = re.compile(r"^tcp://(?P<host>\[[^\]]+\]|[^:\[\]/]+):(?P<port>\d{1,5}|\*)$")


def replay_address(address: str) -> str:
    """Return the address of the replay socket beside the publisher at `address`, which must have a real port."""
    match = _TCP.match(address)
    if match:
        return f"tcp://{match['host']}:{int(match['port']) + 1}"
    return f"{address}.replay"


def preview_address(address: str) -> str:
    """The address of previews beside a publisher at `address`: ten ports above it, or `.preview` behind an ipc path.

    Raises ValueError where there is no such port.
    """
    match = _TCP.match(address)
    if match is None:
        return f"{address}.preview"
    if match["port"] == "*":
        return address
    port = int(match["port"]) + PREVIEW_PORTS_ABOVE
    if port > MAX_PORT:
        raise ValueError(f"events.preview_bind: no port {port} beside {show_address(address)!r}; set an address")
    return f"tcp://{match['host']}:{port}"


def client_address(bind: str) -> str:
    """Where a client on the same machine reaches a publisher that is bound to `bind`, as `events.bind` gives it.

    Raises ValueError for `none`, and for a port that only the publisher knows.
    """
    if bind == "none":
        raise ValueError("events.bind: expected an address to receive events from, got none")
    address = AUTO_ADDRESS if bind == "auto" else re.sub(r"^tcp://(?:\*|0\.0\.0\.0|\[::\]):", "tcp://127.0.0.1:", bind)
    check_connect(address)
    return address


def check_bind(address: str, *, curve: bool, setting: str = "events.bind") -> None:
    """Raise ValueError, naming `setting`, if the bus cannot or must not listen on this address."""
    if address.startswith("ipc://@"):
        raise ValueError(f"{setting}: expected the path of a file, got an abstract socket, which everybody may open")
    host, shown = _parse_host(address, setting, allow_wildcard=True), show_address(address)
    if host is not None and not curve and not _is_loopback(host):
        raise ValueError(
            f"{setting}: {shown!r} can be reached from other machines, so it needs CURVE keys; "
            "make them with `python -m pipeline.curve FOLDER` and set events.curve to that folder, or bind to 127.0.0.1"
        )
    if address.startswith("inproc://") and curve:
        raise ValueError(f"{setting}: {shown!r} does not leave the process, so it takes no CURVE keys")


def check_connect(address: str) -> None:
    """Raise ValueError if no subscriber can connect to this address."""
    _parse_host(address, "address", allow_wildcard=False)


def show_address(address: str) -> str:
    """An address for a message; of one that does not look like an address of the bus, only the scheme."""
    if _PLAIN.fullmatch(address):
        return address
    scheme, found, _ = address.partition("://")
    return f"{scheme}://{MASK}" if found and re.fullmatch("[a-z]{2,8}", scheme) else MASK


def _parse_host(address: str, setting: str, *, allow_wildcard: bool) -> str | None:
    """Return the host of a tcp address, None for ipc and inproc. Raises ValueError, naming `setting`."""
    if re.match(r"^(ipc|inproc)://[^*]", address):
        return None
    match = _TCP.match(address)
    if match is None or (match["port"] == "*" and not allow_wildcard):
        raise ValueError(f"{setting}: expected tcp://HOST:PORT or ipc://PATH, got {show_address(address)!r}")
    if match["port"] != "*" and not 1 <= int(match["port"]) <= MAX_PORT:
        raise ValueError(
            f"{setting}: expected a port from 1 to {MAX_PORT} (replay uses the next one), got {show_address(address)!r}"
        )
    return match["host"].strip("[]")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
