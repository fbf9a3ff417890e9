"""The process of mail: alerts from the bus into the backlog, and from there to the server."""

import time
from collections.abc import Callable

from pipeline.alerts.deliver.outcome import Outcome
from pipeline.alerts.deliver.process import Delivering, Place, deliver_alerts
from pipeline.alerts.deliver.receiver import Message
from pipeline.alerts.mail.compose import check_addresses, compose
from pipeline.alerts.mail.digest import Digest
from pipeline.alerts.mail.send import MailServer
from pipeline.events import AlertEvent, decode
from pipeline.settings.rooms.deliveries import MailSettings
from pipeline.settings.types import Settings

RECEIVER = "mail"


class MailSender:
    """Makes and sends mails. Raises ConfigurationError for settings that cannot be right. clock: Unix seconds."""

    def __init__(self, settings: MailSettings, *, clock: Callable[[], float] = time.time) -> None:
        check_addresses(settings)
        self._settings, self._clock, self._server = settings, clock, MailServer(settings)

    def send(self, message: Message) -> Outcome:
        """One attempt for the alerts in a message."""
        events = [decode(delivery.body) for delivery in message.deliveries]
        alerts = [event for event in events if isinstance(event, AlertEvent)]
        return self.send_alerts(alerts, message.id, untold=message.untold)

    def send_alerts(self, alerts: list[AlertEvent], message_id: str, *, untold: int = 0) -> Outcome:
        """One attempt."""
        mail = compose(alerts, self._settings, message_id=message_id, untold=untold, now=self._clock())
        return self._server.send(mail)


def run_mail(settings: Settings, stop: Callable[[], bool], *, clock: Callable[[], float] = time.time) -> None:
    """Deliver until `stop` says so. Raises ConfigurationError, ValueError and OSError."""
    section = settings.mail
    digest = Digest(section, clock=clock)
    part = Delivering(RECEIVER, section, MailSender(section, clock=clock).send, digest.choose)
    deliver_alerts(settings, Place("mail", section.file, section.curve), [part], stop=stop, clock=clock)
