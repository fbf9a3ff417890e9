"""What the settings of a server say: host and port, login, and certificates."""

import ssl
from typing import NamedTuple

from configs.read import ConfigurationError
from pipeline.alerts.deliver.addresses import split_address
from pipeline.secrets.known_secrets import KNOWN_SECRETS
from pipeline.settings.rooms.collect import ServerSettings
from pipeline.settings.tls import client_context


class Server(NamedTuple):
    """How to connect. username, password: None: no login.  tls: None: not encrypted."""

    host: str
    port: int
    username: str | None
    password: str | None
    tls: ssl.SSLContext | None


def server_of(settings: ServerSettings, section: str, port: int) -> Server:
    """The server of a section such as `collect.redis`. Raises ConfigurationError for settings that cannot be right."""
    host, port = split_address(settings.server, port, f"{section}.server")
    if settings.username and not settings.password:
        raise ConfigurationError(f"{section}.password: expected one beside {section}.username, got none")
    files = settings.ca or settings.certificate or settings.key
    if files and not settings.tls:
        raise ConfigurationError(f"{section}.tls: expected true beside {section}.ca, certificate and key, got false")
    KNOWN_SECRETS.add([settings.password])
    tls = client_context(settings, section) if settings.tls else None
    return Server(host, port, settings.username or None, settings.password or None, tls)
