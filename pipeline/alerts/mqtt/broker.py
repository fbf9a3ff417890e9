"""The broker of the settings: host, login, certificates, and the last will."""

from typing import Any

import aiomqtt

from configs.read import ConfigurationError
from pipeline.alerts.deliver.addresses import split_address
from pipeline.alerts.mqtt.topics import Topics, object_id
from pipeline.secrets.known_secrets import KNOWN_SECRETS
from pipeline.settings.rooms.deliveries import MqttSettings
from pipeline.settings.tls import client_context

PORT, TLS_PORT = 1883, 8883
ANSWER_SECONDS = 10.0
ONLINE, OFFLINE = b"online", b"offline"


class Broker:
    """Makes clients for one broker. Raises ConfigurationError for settings that cannot be right."""

    def __init__(self, settings: MqttSettings, topics: Topics) -> None:
        self._settings, self._topics = settings, topics
        if not settings.broker:
            raise ConfigurationError("mqtt.broker: expected HOST or HOST:PORT, got none")
        self._host, self._port = split_address(settings.broker, TLS_PORT if settings.tls else PORT, "mqtt.broker")
        if settings.password and not settings.username:
            raise ConfigurationError("mqtt.username: expected one beside mqtt.password, got none")
        if (settings.ca or settings.certificate or settings.key) and not settings.tls:
            raise ConfigurationError("mqtt.tls: expected true beside mqtt.ca, mqtt.certificate and mqtt.key, got false")
        self._tls = client_context(settings, "mqtt") if settings.tls else None
        KNOWN_SECRETS.add([settings.password])

    def client(self, suffix: str = "", *, will: bool = True) -> aiomqtt.Client:
        """A client that is not connected yet. suffix: of its id, where it is another beside the process."""
        last = aiomqtt.Will(self._topics.status, OFFLINE, qos=1, retain=True) if will else None
        options: dict[str, Any] = {}
        if self._settings.username:
            options = {"username": self._settings.username, "password": self._settings.password or None}
        return aiomqtt.Client(
            self._host,
            self._port,
            identifier=f"glimpse-{object_id(self._topics.node)}{suffix}",
            will=last,
            keepalive=self._settings.keepalive_seconds,
            timeout=ANSWER_SECONDS,
            tls_context=self._tls,
            **options,
        )
