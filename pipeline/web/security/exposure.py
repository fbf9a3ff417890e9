"""Refuses to start a page that strangers could reach without a login, or whose passwords they could read."""

import re

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.security.networks import Networks, is_loopback

_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[\w.-]+):(?P<port>\d{1,5})")


def split_address(address: str) -> tuple[str, int]:
    """Host and port of `web.address`. Raises ValueError."""
    match = _ADDRESS.fullmatch(address)
    if match is None or int(match["port"]) > 65535:
        raise ValueError(f"web.address: expected HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080, got {address!r}")
    return match["host"].strip("[]"), int(match["port"])


def needs_login(settings: WebSettings) -> bool:
    """Whether a user must be known: there are accounts, or proxies that name the users."""
    return bool(settings.accounts or settings.proxy_user_header)


def check_exposure(settings: WebSettings) -> None:
    """Raise ValueError with what to do, if the page must not listen on its address."""
    host, _ = split_address(settings.address)
    proxies = Networks(settings.trusted_proxies, setting="web.trusted_proxies")
    if bool(settings.certificate) != bool(settings.key):
        raise ValueError("web.certificate and web.key: expected both or none")
    if settings.proxy_user_header and not proxies:
        raise ValueError("web.proxy_user_header: expected web.trusted_proxies with the proxies that may send it")
    if bool(settings.proxy_user_header) != bool(settings.proxy_roles):
        raise ValueError("web.proxy_user_header and web.proxy_roles: expected both or none")
    if not needs_login(settings) and (proxies or not is_loopback(host)):
        raise ValueError(
            f"web.address: {settings.address} can be reached from other machines, so it needs accounts; make one with "
            "`glimpse accounts add FILE NAME --role admin` and set web.accounts to that file, or listen on 127.0.0.1"
        )
    if not is_loopback(host) and not settings.certificate and not proxies:
        raise ValueError(
            f"web.address: {settings.address} can be reached from other machines, so it needs TLS; set web.certificate "
            "and web.key, or web.trusted_proxies to the proxy that does it, or listen on 127.0.0.1"
        )
