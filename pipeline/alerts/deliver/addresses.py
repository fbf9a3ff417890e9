"""Where to connect to for events and alerts, from the addresses that the same file tells others to bind."""

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
