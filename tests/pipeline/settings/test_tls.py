"""The context of a client: with PEM files of our own, and refused by the names of the keys where they do not fit."""

import ssl
from pathlib import Path

import pytest

from configs.read import ConfigurationError
from pipeline.settings.rooms.deliveries import MqttSettings
from pipeline.settings.tls import client_context
from tests.synthetic.certificates import write_certificates


def test_files_that_fit_are_loaded(tmp_path: Path) -> None:
    folder = write_certificates(tmp_path)
    files = {"ca": folder / "ca.pem", "certificate": folder / "client.pem", "key": folder / "client.key"}
    context = client_context(MqttSettings(**{name: str(path) for name, path in files.items()}), "mqtt")
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert len(context.get_ca_certs()) == 1


def test_files_that_do_not_fit_are_named(tmp_path: Path) -> None:
    folder = write_certificates(tmp_path)
    wrong = MqttSettings(certificate=str(folder / "client.pem"), key=str(folder / "server.key"))
    with pytest.raises(
        ConfigurationError, match=r"mqtt\.ca, mqtt\.certificate, mqtt\.key: expected PEM files that fit"
    ):
        client_context(wrong, "mqtt")
