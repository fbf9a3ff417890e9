"""Sections `mqtt`, `webhooks` and `mail`: whom alerts and events are passed on to."""

from typing import Annotated

from msgspec import Meta

from configs.fields import FilePath
from pipeline.settings.section import Section


class MqttSettings(Section, frozen=True, kw_only=True):
    """An MQTT broker (docs/mqtt.md); read by `glimpse mqtt --config`."""

    broker: Annotated[str, Meta(description="HOST or HOST:PORT of the broker; empty: none")] = ""
    cursor: Annotated[FilePath, Meta(description="file of what was delivered; empty: nothing is remembered")] = ""


class Webhook(Section, frozen=True, kw_only=True):
    """One receiver of alerts over HTTP."""

    name: Annotated[str, Meta(min_length=1, max_length=64, description="name of the receiver")]
    url: Annotated[str, Meta(min_length=1, description="http or https address; ${env:NAME} keeps a token out of it")]


class WebhookSettings(Section, frozen=True, kw_only=True):
    """Receivers of alerts over HTTP (docs/webhooks.md); read by `glimpse webhooks --config`."""

    file: Annotated[FilePath, Meta(description="SQLite file of what waits and what was delivered; empty: none")] = ""
    receivers: Annotated[tuple[Webhook, ...], Meta(description="who is told")] = ()


class MailSettings(Section, frozen=True, kw_only=True):
    """An SMTP server (docs/mail.md); read by `glimpse mail --config`."""

    server: Annotated[str, Meta(description="HOST:PORT of the SMTP server; empty: none")] = ""
    sender: Annotated[str, Meta(description="address that mail comes from")] = ""
    recipients: Annotated[tuple[str, ...], Meta(description="addresses that alerts go to")] = ()
    file: Annotated[FilePath, Meta(description="SQLite file of what waits and what was delivered; empty: none")] = ""
