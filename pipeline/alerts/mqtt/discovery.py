"""Configurations that Home Assistant discovers: one retained message for each entity.

https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery, and the pages of the platforms sensor.mqtt,
binary_sensor.mqtt and event.mqtt there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.alerts.mqtt.messages import EVENT_TYPES
from pipeline.alerts.mqtt.topics import Topics, object_id, person_id

PROJECT = "Glimpse"


@dataclass(frozen=True)
class Discovery:
    """The entities of a node. prefix: Home Assistant's.  version: of the node."""

    prefix: str
    topics: Topics
    version: str

    def configs(self, people: Iterable[str], cameras: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Topic and configuration of each entity."""
        yield self._entity("event", "events", "Events", self.topics.event, event_types=list(EVENT_TYPES))
        for name in people:
            yield from self._person(name)
        for name in cameras:
            yield from self._camera(name)

    def _person(self, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
        key, topic = f"person_{person_id(name)}", self.topics.person(name)
        seen = {"value_template": "{{ value_json.last_seen }}", "device_class": "timestamp"}
        yield self._entity("sensor", f"{key}_seen", f"{name} last seen", topic, json_attributes_topic=topic, **seen)
        where = {"value_template": "{{ value_json.camera }}", "icon": "mdi:cctv"}
        yield self._entity("sensor", f"{key}_camera", f"{name} camera", topic, **where)
        here = {"value_template": "{{ value_json.present }}", "device_class": "presence"}
        yield self._entity("binary_sensor", f"{key}_present", f"{name} present", topic, **here)

    def _camera(self, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
        key, topic = f"camera_{object_id(name)}", self.topics.camera(name)
        count = {
            "value_template": "{{ value_json.persons }}",
            "state_class": "measurement",
            "icon": "mdi:account-group",
        }
        yield self._entity("sensor", f"{key}_persons", f"{name} persons", topic, **count)
        names = {"value_template": "{{ (value_json.names | join(', '))[:255] }}", "icon": "mdi:account-details"}
        yield self._entity("sensor", f"{key}_names", f"{name} names", topic, json_attributes_topic=topic, **names)
        state = {
            "value_template": "{{ value_json.connected }}",
            "device_class": "connectivity",
            "entity_category": "diagnostic",
        }
        yield self._entity("binary_sensor", f"{key}_connected", f"{name} connected", topic, **state)

    def _entity(self, platform: str, key: str, name: str, topic: str, **more: Any) -> tuple[str, dict[str, Any]]:
        node = object_id(self.topics.node)
        config = {
            "name": name,
            "unique_id": f"glimpse_{node}_{key}",
            "state_topic": topic,
            "qos": 1,
            "availability": [{"topic": self.topics.status}, {"topic": self.topics.engine}],
            "availability_mode": "all",
            "device": {
                "identifiers": [f"glimpse_{node}"],
                "name": f"{PROJECT} {self.topics.node}",
                "manufacturer": PROJECT,
                "model": "Face recognition",
                "sw_version": self.version,
            },
            "origin": {"name": PROJECT, "sw_version": self.version},
        }
        return f"{self.prefix}/{platform}/glimpse_{node}/{key}/config", config | more
