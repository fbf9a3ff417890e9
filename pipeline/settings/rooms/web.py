"""Section `web`: the page."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from configs.fields import FilePath, Unit
from pipeline.settings.section import Section


class WebSettings(Section, frozen=True, kw_only=True):
    """The page (docs/watch-room.md); read by `glimpse web --config`."""

    address: Annotated[
        str, Meta(description="HOST:PORT to listen on; any host but loopback needs accounts and TLS or a proxy")
    ] = "127.0.0.1:8080"
    hosts: Annotated[
        tuple[str, ...],
        Meta(description="names under which browsers reach the page, such as watch.example.org; others are refused"),
    ] = ()
    accounts: Annotated[
        FilePath,
        Meta(description="SQLite file of glimpse accounts: accounts and sessions; empty: no login, on loopback alone"),
    ] = ""
    certificate: Annotated[FilePath, Meta(description="PEM file of the TLS certificate and its chain")] = ""
    key: Annotated[FilePath, Meta(description="PEM file of the TLS key")] = ""
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(description="addresses or networks of proxies whose X-Forwarded-* headers are believed"),
    ] = ()
    proxy_user_header: Annotated[
        str,
        Meta(
            pattern=r"^([A-Za-z][A-Za-z0-9-]{0,63})?$(?!\n)",
            description="header in which the proxies name the user, such as X-Remote-User; empty: none",
        ),
    ] = ""
    proxy_roles: Annotated[
        dict[str, Literal["viewer", "operator", "admin"]],
        Meta(description="role of each user that the proxies name; '*' stands for all others"),
    ] = msgspec.field(default_factory=dict)
    session_idle_hours: Annotated[
        float, Meta(gt=0, le=8760, description="a session without a request ends after this time"), Unit("h")
    ] = 8.0
    session_days: Annotated[float, Meta(gt=0, le=365, description="a session ends after this time"), Unit("d")] = 7.0
    requests_per_minute: Annotated[
        int,
        Meta(
            ge=10,
            le=1_000_000,
            description="requests of one address (of IPv6: one /64 network); a browser with live pictures makes 1,000",
        ),
    ] = 12_000
    streams_per_user: Annotated[
        int, Meta(ge=1, le=1000, description="live pictures and event streams that one user may have open")
    ] = 32
    upload_mb: Annotated[
        float, Meta(gt=0, le=512, description="largest upload; other requests hold 1 MB at most"), Unit("MB")
    ] = 25.0
