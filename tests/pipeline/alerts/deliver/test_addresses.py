"""Buses are reached where others bind them, and nothing is delivered from none."""

import msgspec
import pytest

from configs.read import ConfigurationError
from pipeline.alerts.deliver.addresses import alerts_address, events_address
from pipeline.alerts.deliver.receivers import describe_deliveries
from pipeline.settings.load import make_settings, settings_to_plain


@pytest.mark.parametrize(
    ("bind", "address"),
    [
        ("auto", "tcp://127.0.0.1:5556"),
        ("tcp://127.0.0.1:6000", "tcp://127.0.0.1:6000"),
        ("tcp://0.0.0.0:6000", "tcp://127.0.0.1:6000"),
        ("tcp://*:6000", "tcp://127.0.0.1:6000"),
        ("tcp://[::]:6000", "tcp://[::1]:6000"),
        ("ipc:///run/glimpse/bus", "ipc:///run/glimpse/bus"),
    ],
)
def test_a_bus_that_listens_everywhere_is_reached_here(bind: str, address: str) -> None:
    assert events_address(make_settings({"events": {"bind": bind}})) == address


def test_what_cannot_be_reached_is_said() -> None:
    with pytest.raises(ConfigurationError, match=r"events\.bind: expected a port"):
        events_address(make_settings({"events": {"bind": "tcp://127.0.0.1:*"}}))
    with pytest.raises(ConfigurationError, match=r"alerts\.bind: expected an address"):
        alerts_address(make_settings({}))


def test_a_check_names_receivers_and_no_settings_show_a_secret() -> None:
    receivers = [
        {"name": "phone", "url": "https://me:PASSWORD1@ntfy.sh/TOPIC-SECRET", "template": "ntfy"},
        {"name": "own", "url": "http://10.0.0.1/x", "secret": "SIGNING", "headers": {"X-Key": "HEADER-KEY"}},
        {"name": "tele", "url": "https://api.telegram.org/botBOT-TOKEN", "fields": {"chat_id": "CHAT-ID"}},
    ]
    settings = make_settings(
        {
            "mqtt": {"broker": "h:8883", "username": "u", "password": "BROKER-PASSWORD"},
            "webhooks": {"receivers": receivers},
            "mail": {"server": "mail", "password": "MAIL-PASSWORD", "recipients": ["a@b.org"]},
        }
    )
    assert describe_deliveries(settings) == {
        "mqtt": "h:8883",
        "webhooks": "phone (ntfy), own (generic), tele (generic)",
        "mail": "a@b.org",
    }
    assert describe_deliveries(make_settings({})) == {}
    shown = msgspec.json.encode(settings_to_plain(settings)).decode()
    secrets = ("PASSWORD1", "TOPIC", "SIGNING", "HEADER-KEY", "BOT-TOKEN", "CHAT-ID", "BROKER", "MAIL-PASSWORD")
    assert [secret for secret in secrets if secret in shown] == []
    assert "https://api.telegram.org/***" in shown
