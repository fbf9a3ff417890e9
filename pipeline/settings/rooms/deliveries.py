"""Sections `mqtt`, `webhooks` and `mail`: whom alerts and events are passed on to."""

from typing import Annotated, Literal

from msgspec import Meta, field

from configs.fields import FilePath, RelativePath, Secret, Unit
from pipeline.settings.section import Seconds, Section

AlertActions = tuple[Literal["raised", "acknowledged", "escalated", "ended"], ...]
Template = Annotated[str, RelativePath(unless=r"(generic|ntfy|slack|pushover|telegram|discord)$")]


class Bounds(Section, frozen=True, kw_only=True):
    """How much waits for a receiver that is down; what does not fit is dropped, counted and told."""

    max_age_hours: Annotated[float, Meta(gt=0, description="older messages are dropped"), Unit("h")] = 48.0
    max_pending: Annotated[
        int, Meta(ge=1, description="messages that wait for one receiver; the oldest are dropped")
    ] = 10_000


class Wanted(Bounds, frozen=True, kw_only=True):
    """Which alerts a receiver gets, and how many may wait for it."""

    rules: Annotated[tuple[str, ...], Meta(description="rules that it is told of; empty: all")] = ()
    people: Annotated[tuple[str, ...], Meta(description="enrolled people that it is told of; empty: everybody")] = ()
    cameras: Annotated[tuple[str, ...], Meta(description="cameras that it is told of; empty: all")] = ()
    actions: Annotated[AlertActions, Meta(description="what it is told of an alert")] = ("raised", "escalated")
    min_level: Annotated[int, Meta(ge=0, description="level from which it is told; an escalation adds one")] = 0
    min_seconds: Annotated[
        Seconds, Meta(ge=0, description="time between two raised alerts of one rule; those in between are left out")
    ] = 0.0


class MqttSettings(Bounds, frozen=True, kw_only=True):
    """An MQTT broker (docs/mqtt.md); read by `glimpse mqtt --config`."""

    broker: Annotated[str, Meta(description="HOST or HOST:PORT of the broker; empty: none")] = ""
    file: Annotated[FilePath, Meta(description="SQLite file of what waits and what was delivered; needed")] = ""
    username: Annotated[str, Meta(description="user name at the broker; empty: none")] = ""
    password: Annotated[str, Secret(), Meta(description="password at the broker, as ${env:NAME}")] = ""
    tls: Annotated[bool, Meta(description="encrypt the connection, and check the broker's certificate")] = False
    ca: Annotated[FilePath, Meta(description="PEM file of the authority to trust; empty: those of the system")] = ""
    certificate: Annotated[FilePath, Meta(description="PEM file of a client certificate; empty: none")] = ""
    key: Annotated[FilePath, Meta(description="PEM file of the client certificate's key")] = ""
    topic: Annotated[
        str, Meta(pattern=r"^[\w-]+(/[\w-]+)*$(?!\n)", description="what all topics begin with, before the node's name")
    ] = "glimpse"
    discovery: Annotated[
        str,
        Meta(
            pattern=r"^([\w-]+(/[\w-]+)*)?$(?!\n)", description="Home Assistant's discovery prefix; empty: no discovery"
        ),
    ] = "homeassistant"
    frigate: Annotated[
        str,
        Meta(
            pattern=r"^([\w-]+(/[\w-]+)*)?$(?!\n)",
            description="also publish tracks as Frigate does below this prefix, such as frigate; empty: do not",
        ),
    ] = ""
    present_seconds: Annotated[
        Seconds, Meta(gt=0, le=86400, description="time after a person's face was last seen until they count as away")
    ] = 120.0
    keepalive_seconds: Annotated[
        int, Meta(ge=5, le=3600, description="time after which the broker notices that this process is gone"), Unit("s")
    ] = 30
    curve: Annotated[FilePath, Meta(description="client's folder of CURVE keys, where the buses need them")] = ""


class Webhook(Wanted, frozen=True, kw_only=True):
    """One receiver of alerts over HTTP."""

    name: Annotated[str, Meta(min_length=1, max_length=64, description="name of the receiver")]
    url: Annotated[
        str,
        Secret(url=True),
        Meta(
            pattern=r"^https?://[^\s/]", description="http or https address; ${env:NAME} keeps a token out of the file"
        ),
    ]
    template: Annotated[
        Template,
        Meta(description="shape of the message: generic, ntfy, slack, pushover, telegram, discord, or a YAML file"),
    ] = "generic"
    secret: Annotated[
        str, Secret(), Meta(description="key of the signature, whsec_ and base64, as ${env:NAME}; empty: not signed")
    ] = ""
    fields: Annotated[
        dict[str, Annotated[str, Secret()]],
        Meta(description="values that the template asks for, such as token, user or chat_id"),
    ] = field(default_factory=dict)
    headers: Annotated[
        dict[str, Annotated[str, Secret()]], Meta(description="further headers, such as Authorization")
    ] = field(default_factory=dict)
    picture: Annotated[bool, Meta(description="send the face along where the template and the alert have one")] = True
    ca: Annotated[FilePath, Meta(description="PEM file of the authority to trust; empty: the usual ones")] = ""
    timeout_seconds: Annotated[
        Seconds, Meta(gt=0, le=300, description="time for one attempt, from connecting to the end of the answer")
    ] = 15.0


class WebhookSettings(Section, frozen=True, kw_only=True):
    """Receivers of alerts over HTTP (docs/webhooks.md); read by `glimpse webhooks --config`."""

    file: Annotated[FilePath, Meta(description="SQLite file of what waits and what was delivered; needed")] = ""
    curve: Annotated[FilePath, Meta(description="client's folder of CURVE keys, where the bus needs them")] = ""
    receivers: Annotated[tuple[Webhook, ...], Meta(description="who is told")] = ()


class MailSettings(Wanted, frozen=True, kw_only=True):
    """An SMTP server (docs/mail.md); read by `glimpse mail --config`."""

    server: Annotated[str, Meta(description="HOST or HOST:PORT of the SMTP server; empty: none")] = ""
    security: Annotated[
        Literal["starttls", "tls", "none"],
        Meta(description="starttls (port 587), tls from the start (465), or none (25), on this machine alone"),
    ] = "starttls"
    ca: Annotated[FilePath, Meta(description="PEM file of the authority to trust; empty: those of the system")] = ""
    username: Annotated[str, Meta(description="user name at the server; empty: no login")] = ""
    password: Annotated[str, Secret(), Meta(description="password at the server, as ${env:NAME}")] = ""
    sender: Annotated[str, Meta(description="address that mail comes from")] = ""
    recipients: Annotated[tuple[str, ...], Meta(description="addresses that alerts go to")] = ()
    file: Annotated[FilePath, Meta(description="SQLite file of what waits and what was delivered; needed")] = ""
    curve: Annotated[FilePath, Meta(description="client's folder of CURVE keys, where the bus needs them")] = ""
    picture: Annotated[bool, Meta(description="show the face in the mail, where the alert has one")] = True
    digest_after: Annotated[
        int, Meta(ge=1, description="alerts within digest_minutes from which on they come together in one mail")
    ] = 5
    digest_minutes: Annotated[
        float, Meta(gt=0, le=1440, description="time in which alerts are counted and gathered"), Unit("min")
    ] = 10.0
    timeout_seconds: Annotated[Seconds, Meta(gt=0, le=300, description="time for each answer of the server")] = 30.0
