"""How a connection to a server is encrypted: by `ca`, `certificate` and `key` of the section about that server."""

import ssl
from typing import Protocol

from configs.read import ConfigurationError


class TlsFiles(Protocol):
    """PEM files; empty: the authorities of the system, and no certificate of our own."""

    @property
    def ca(self) -> str: ...
    @property
    def certificate(self) -> str: ...
    @property
    def key(self) -> str: ...


def client_context(files: TlsFiles, section: str) -> ssl.SSLContext:
    """What checks the server, and proves who we are. Raises ConfigurationError that names the keys of the section."""
    try:
        context = ssl.create_default_context(cafile=files.ca or None)
        if files.certificate:
            context.load_cert_chain(files.certificate, files.key or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"{section}.ca, {section}.certificate, {section}.key: expected PEM files that fit, got ({error})"
        ) from None
    return context
