"""Section `web`: the page."""

from typing import Annotated

from msgspec import Meta

from configs.fields import FilePath
from pipeline.settings.section import Section


class WebSettings(Section, frozen=True, kw_only=True):
    """The page (docs/watch-room.md); read by `glimpse web --config`."""

    address: Annotated[
        str, Meta(description="HOST:PORT to listen on; any host but loopback needs accounts and TLS or a proxy")
    ] = "127.0.0.1:8080"
    accounts: Annotated[
        FilePath, Meta(description="SQLite file of accounts and sessions; empty: no login, on loopback alone")
    ] = ""
    certificate: Annotated[FilePath, Meta(description="PEM file of the TLS certificate and its chain")] = ""
    key: Annotated[FilePath, Meta(description="PEM file of the TLS key")] = ""
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(description="addresses or networks of proxies whose X-Forwarded-* headers are believed"),
    ] = ()
