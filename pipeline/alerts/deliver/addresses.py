"""Where to connect to: the buses, whose addresses the same file tells others to bind, and servers by host and port."""

from configs.read import ConfigurationError
from pipeline.settings.types import Settings

USUAL_EVENTS = "tcp://127.0.0.1:5556"
"""What `events.bind: auto` means for live cameras."""


def events_address(settings: Settings) -> str:
    """The node's bus as this machine reaches it. Raises ConfigurationError where the node publishes nothing."""
    bind = settings.events.bind
    return _reachable("events.bind", USUAL_EVENTS if bind == "auto" else bind)


def alerts_address(settings: Settings) -> str:
    """The bus of the alerts. Raises ConfigurationError where alerts are not published."""
    return _reachable("alerts.bind", settings.alerts.bind)


def persons_address(settings: Settings) -> str:
    """The bus of the history. Raises ConfigurationError where it publishes nothing."""
    return _reachable("history.bind", settings.history.bind)


def _reachable(key: str, bind: str) -> str:
    if bind in ("", "none"):
        raise ConfigurationError(f"{key}: expected an address, as there is nothing to deliver without it; got none")
    if bind.endswith(":*"):
        raise ConfigurationError(f"{key}: expected a port, as other processes connect to it; got *")
    for everywhere, here in (
        ("tcp://*:", "tcp://127.0.0.1:"),
        ("tcp://0.0.0.0:", "tcp://127.0.0.1:"),
        ("tcp://[::]:", "tcp://[::1]:"),
    ):
        if bind.startswith(everywhere):
            return here + bind.removeprefix(everywhere)
    return bind


def split_address(address: str, port: int, key: str) -> tuple[str, int]:
    """HOST, HOST:PORT or [IPv6]:PORT as host and port. Raises ConfigurationError that names `key`."""
    host, colon, digits = address.rpartition(":")
    if not colon or (":" in host and not host.endswith("]")) or address.endswith("]"):
        host, digits = address, str(port)
    host = host.removeprefix("[").removesuffix("]")
    if not host or not host.isascii() or any(letter in host for letter in "/@ ") or not _is_port(digits):
        raise ConfigurationError(f"{key}: expected HOST or HOST:PORT, got something else")
    return host, int(digits)


def _is_port(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) <= 5 and 1 <= int(digits) <= 65535
