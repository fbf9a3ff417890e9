"""Addresses as peers and headers write them."""

import pytest

from pipeline.web.security.networks import Networks, is_loopback, limit_key, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.0.0.7", "10.0.0.7"), ("10.0.0.7:443", "10.0.0.7"), (" ::1 ", "::1"), ("[::1]:443", "::1"),
        ("::ffff:10.0.0.7", "10.0.0.7"), ("fe80::1%eth0", "fe80::1"), ("", "None"), ("unknown", "None"),
        ("_hidden", "None"),        ("10.0.0", "None"), ("010.0.0.1", "None"), ("10.0.0.7,10.0.0.8", "None"),
    ],
)  # fmt: skip
def test_an_address_is_read(text: str, address: str) -> None:
    assert str(parse_address(text)) == address


def test_networks_hold_addresses() -> None:
    networks = Networks(("10.0.0.0/8", "192.168.1.5", "2001:db8::/32"), setting="x")
    assert all(address in networks for address in ("10.9.9.9", "::ffff:10.0.0.1", "192.168.1.5", "2001:db8::1"))
    assert not any(address in networks for address in ("11.0.0.1", "192.168.1.6", "2001:db9::1", "", "x", "127.0.0.1"))
    assert not Networks((), setting="x")
    with pytest.raises(ValueError, match=r"web\.trusted_proxies: expected an address or network"):
        Networks(("10.0.0.0/99",), setting="web.trusted_proxies")


def test_a_customer_of_ipv6_is_one() -> None:
    assert limit_key("2001:db8:1:2:3::4") == limit_key("2001:db8:1:2:ffff::") == "2001:db8:1:2::/64"
    assert limit_key("2001:db8:1:3::") != limit_key("2001:db8:1:2::")
    assert limit_key("::ffff:10.0.0.1") == limit_key("10.0.0.1") == "10.0.0.1"
    assert limit_key("x" * 1000) == "x" * 64


def test_loopback() -> None:
    assert all(
        map(is_loopback, ("localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "::1", "[::1]", "::ffff:127.0.0.1"))
    )
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "localhost.example", "")))
