"""A real Mosquitto with passwords and TLS, and a listener that keeps all that is published."""

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.synthetic.certificates import write_certificates
from tests.synthetic.events import until

USER, PASSWORD = "glimpse", "broker-password"
BINARY = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")


class Mosquitto:
    """The broker of a folder: it can be killed and started again, on the same port and with what it retained."""

    def __init__(self, folder: Path) -> None:
        if BINARY is None:
            pytest.skip("no mosquitto (Debian's package mosquitto)")
        self.folder = write_certificates(folder)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        passwords = folder / "passwords"
        passwords.write_text(f"{USER}:{PASSWORD}\n")
        subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True, capture_output=True)
        lines = [
            f"listener {self.port} 127.0.0.1",
            "allow_anonymous false",
            f"password_file {passwords}",
            f"cafile {folder / 'ca.pem'}",
            f"certfile {folder / 'server.pem'}",
            f"keyfile {folder / 'server.key'}",
            "require_certificate true",
            "user root",
        ]
        (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [str(BINARY), "-c", str(self.folder / "mosquitto.conf")]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self._listens)

    def kill(self) -> None:
        """As a power cut does: what it retained in memory is gone."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def settings(self, folder: Path, **more: Any) -> dict[str, Any]:
        """The section `mqtt` for this broker."""
        return {
            "broker": f"127.0.0.1:{self.port}",
            "file": str(folder / "mqtt.db"),
            "username": USER,
            "password": "${env:BROKER}",
            "tls": True,
            "ca": str(self.folder / "ca.pem"),
            "certificate": str(self.folder / "client.pem"),
            "key": str(self.folder / "client.key"),
            **more,
        }

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class Listener:
    """Subscribes to everything, comes back after each loss, and keeps all messages in order."""

    def __init__(self, broker: Mosquitto) -> None:
        self.messages: list[tuple[str, bytes, bool]] = []
        self.is_subscribed = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="listener", clean_session=True)
        self.client.username_pw_set(USER, PASSWORD)
        context = ssl.create_default_context(cafile=str(broker.folder / "ca.pem"))
        context.load_cert_chain(broker.folder / "client.pem", broker.folder / "client.key")
        self.client.tls_set_context(context)
        self.client.reconnect_delay_set(min_delay=1, max_delay=1)
        self.client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self.client.on_subscribe = lambda *_: self.is_subscribed.set()
        self.client.on_disconnect = lambda *_: self.is_subscribed.clear()
        self.client.on_message = lambda _, __, message: self.messages.append(
            (message.topic, bytes(message.payload), bool(message.retain))
        )
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()
        assert self.is_subscribed.wait(10)

    def last(self, topic: str) -> bytes | None:
        """The newest payload of a topic; None for none."""
        return next((payload for name, payload, _ in reversed(self.messages) if name == topic), None)

    def json(self, topic: str) -> Any:
        """The same as plain data; empty for none."""
        return msgspec.json.decode(self.last(topic) or b"{}")

    def events(self, topic: str = "glimpse/node/event") -> list[Any]:
        return [msgspec.json.decode(payload) for name, payload, _ in list(self.messages) if name == topic]

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@contextmanager
def mosquitto(folder: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(folder)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


@contextmanager
def listener(broker: Mosquitto) -> Iterator[Listener]:
    found = Listener(broker)
    try:
        yield found
    finally:
        found.close()
