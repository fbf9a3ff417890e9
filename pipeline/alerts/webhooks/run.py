"""The process of the webhooks: alerts from the bus into the backlog, and from there to each receiver."""

import time
from collections.abc import Callable

from configs.read import ConfigurationError
from pipeline.alerts.deliver.process import Delivering, Place, deliver_alerts
from pipeline.alerts.webhooks.request import Endpoint
from pipeline.alerts.webhooks.send import WebhookSender
from pipeline.settings.types import Settings


def endpoints(settings: Settings) -> list[Endpoint]:
    """The receivers of the settings. Raises ConfigurationError, also where there are none."""
    section = settings.webhooks
    if not section.receivers:
        raise ConfigurationError("webhooks.receivers: expected at least one receiver, got none")
    names = [receiver.name for receiver in section.receivers]
    if double := {name for name in names if names.count(name) > 1}:
        raise ConfigurationError(f"webhooks.receivers: the name {min(double)!r} is used twice; names must differ")
    return [Endpoint.of(receiver) for receiver in section.receivers]


def run_webhooks(settings: Settings, stop: Callable[[], bool], *, clock: Callable[[], float] = time.time) -> None:
    """Deliver until `stop` says so. Raises ConfigurationError, ValueError and OSError."""
    parts = [
        Delivering(endpoint.settings.name, endpoint.settings, WebhookSender(endpoint, clock=clock).send)
        for endpoint in endpoints(settings)
    ]
    where = Place("webhooks", settings.webhooks.file, settings.webhooks.curve)
    deliver_alerts(settings, where, parts, stop=stop, clock=clock)
