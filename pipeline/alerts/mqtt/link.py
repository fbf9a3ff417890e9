"""The connection to the broker: publishes what waits, and comes back after every loss.

A message counts as delivered when the broker has acknowledged it (QoS 1), so one that was on its way when the broker
died is published again.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterable

import aiomqtt
import msgspec

from pipeline.alerts.deliver.file import DeliveryFile
from pipeline.alerts.deliver.outcome import Delivered, Later
from pipeline.alerts.deliver.pending import Delivery, Pending
from pipeline.alerts.mqtt.broker import OFFLINE, ONLINE, Broker
from pipeline.alerts.mqtt.messages import event_message
from pipeline.alerts.mqtt.retained import note_published, publish_all_again, unpublished
from pipeline.alerts.mqtt.take import EVENTS
from pipeline.alerts.mqtt.topics import Topics
from pipeline.events import AlertEvent, IdentityEvent, decode
from pipeline.settings.rooms.deliveries import MqttSettings

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
FAILING_SECONDS = 5.0
PAGE = 50
LOSSES = (aiomqtt.MqttError, ssl.SSLError, OSError)


class Link:
    """Publishes from the file until stopped. queues: the receivers of this process, the one of events first."""

    def __init__(
        self, broker: Broker, settings: MqttSettings, topics: Topics, file: DeliveryFile, queues: Iterable[Pending]
    ) -> None:
        self._broker, self._settings, self._topics, self._file = broker, settings, topics, file
        self._queues = list(queues)
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        """Say that something may wait now; from any thread."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)

    async def run(self, stop: Callable[[], bool]) -> None:
        """Stay connected until `stop` says so, which is asked about every second."""
        self._loop = asyncio.get_running_loop()
        while not stop():
            try:
                await self._connect(stop)
            except (BaseExceptionGroup, *LOSSES) as error:
                await self._pause(_first(error), stop)

    async def _connect(self, stop: Callable[[], bool]) -> None:
        async with self._broker.client() as client:
            log.info("mqtt: connected")
            if self._settings.discovery:
                await client.subscribe(f"{self._settings.discovery}/status", qos=1)
            await client.publish(self._topics.status, ONLINE, qos=1, retain=True)
            publish_all_again(self._file)
            async with asyncio.TaskGroup() as tasks:
                listening = tasks.create_task(self._listen(client))
                await self._publish_until(client, stop)
                listening.cancel()
            await client.publish(self._topics.status, OFFLINE, qos=1, retain=True)

    async def _listen(self, client: aiomqtt.Client) -> None:
        """Publish everything again when Home Assistant says that it was started."""
        async for message in client.messages:
            if message.payload == ONLINE:
                publish_all_again(self._file)
                self._woken.set()

    async def _publish_until(self, client: aiomqtt.Client, stop: Callable[[], bool]) -> None:
        while not stop():
            self._woken.clear()
            self._drop()
            for topic, payload in unpublished(self._file):
                await client.publish(topic, payload, qos=1, retain=True)
                note_published(self._file, topic, payload)
            published = [await self._publish_queue(client, queue) for queue in self._queues]
            if not any(published):
                await self._wait()

    async def _publish_queue(self, client: aiomqtt.Client, queue: Pending) -> int:
        deliveries = queue.head(PAGE)
        for delivery in deliveries:
            untold = queue.untold()
            topic, payload = self._message(queue.receiver, delivery, untold)
            await client.publish(topic, payload, qos=1)
            queue.note([delivery], Delivered(), told=untold)
        return len(deliveries)

    def _message(self, queue: str, delivery: Delivery, untold: int) -> tuple[str, bytes]:
        if queue != EVENTS:
            return f"{self._settings.frigate}/events", delivery.body
        event = decode(delivery.body)
        assert isinstance(event, IdentityEvent | AlertEvent)
        return self._topics.event, msgspec.json.encode(event_message(event, delivery.key, untold))

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            return

    def _drop(self) -> None:
        for queue in self._queues:
            queue.drop_beyond_bounds()

    async def _pause(self, error: BaseException, stop: Callable[[], bool]) -> None:
        """Note a loss and wait for the next attempt; what is none, such as a damaged file, is raised."""
        if not isinstance(error, LOSSES):
            raise error
        try:
            self._queues[0].note([], Later(f"cannot publish: {error or type(error).__name__}"))
            while not stop() and (left := self._queues[0].seconds_left()) > 0:
                self._drop()
                await asyncio.sleep(min(left, IDLE_SECONDS))
        except OSError as full:  # the disk has no room for it: nothing is lost, as nothing is marked as delivered
            log.error("mqtt: %s", full)
            await asyncio.sleep(FAILING_SECONDS)


def _first(error: BaseException) -> BaseException:
    """The first error of a group, however deep; one that is no group as it is."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
