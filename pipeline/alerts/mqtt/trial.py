"""Sends one message to the broker and says what it answered."""

import asyncio
import ssl

import aiomqtt
import msgspec

from pipeline.alerts.deliver.outcome import Delivered, Later, Outcome
from pipeline.alerts.deliver.trial import TEXT
from pipeline.alerts.mqtt.broker import Broker
from pipeline.alerts.mqtt.topics import Topics
from pipeline.settings.types import Settings


def try_broker(settings: Settings) -> Outcome:
    """One connection beside that of a running process. Raises ConfigurationError."""
    topics = Topics(settings.mqtt.topic, settings.node)
    broker = Broker(settings.mqtt, topics)
    return asyncio.run(_publish(broker, f"{topics.base}/test"))


async def _publish(broker: Broker, topic: str) -> Outcome:
    try:
        async with broker.client("-test", will=False) as client:
            await client.publish(topic, msgspec.json.encode({"text": TEXT}), qos=1)
    except (aiomqtt.MqttError, ssl.SSLError, OSError) as error:
        return Later(f"cannot be reached: {error or type(error).__name__}")
    return Delivered(f"acknowledged on {topic}")
