"""Addresses of peers: which are loopback, in a configured network, or count as one for a limit."""

import ipaddress
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Networks:
    """Addresses and networks of the settings. Raises ValueError, which names `setting`, for a text that is neither."""

    def __init__(self, texts: Sequence[str], *, setting: str) -> None:
        self._networks = [_network(text, setting) for text in texts]

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __contains__(self, address: object) -> bool:
        found = parse_address(address) if isinstance(address, str) else None
        return found is not None and any(found in network for network in self._networks)


def parse_address(text: str) -> Address | None:
    """The address of `10.0.0.7`, `10.0.0.7:443`, `::1` or `[::1]:443`; None for anything else.

    An IPv4 address within IPv6 (`::ffff:10.0.0.7`) becomes that IPv4 address.
    """
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_loopback(host: str) -> bool:
    """Whether this name or address is of this machine alone."""
    address = parse_address(host)
    return host.lower() == "localhost" or (address is not None and address.is_loopback)


def limit_key(address: str) -> str:
    """What shares one limit: an IPv4 address, or the /64 network of an IPv6 address, which one customer has."""
    found = parse_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found) if found else address[:64]


def _network(text: str, setting: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{setting}: expected an address or network such as 10.0.0.0/8, got {text!r}") from None
