"""Discovery messages keep to what Home Assistant documents.

The schema is written from https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery and the tables of options of
/integrations/sensor.mqtt/, /integrations/binary_sensor.mqtt/ and /integrations/event.mqtt/ there; an option that is not
in its table is refused.
"""

import re
from typing import Any

import jsonschema
import pytest

from pipeline.alerts.mqtt.discovery import Discovery
from pipeline.alerts.mqtt.messages import EVENT_TYPES
from pipeline.alerts.mqtt.topics import Topics

TEXT, NOT_EMPTY = {"type": "string"}, {"type": "string", "minLength": 1}
TOPIC = {"type": "string", "pattern": "^[^#+\0]+$", "maxLength": 255}
DEVICE = {
    "type": "object",
    "additionalProperties": False,
    "anyOf": [{"required": ["identifiers"]}, {"required": ["connections"]}],
    "properties": {
        "configuration_url": TEXT,
        "connections": {"type": "array"},
        "hw_version": TEXT,
        "identifiers": {"type": ["array", "string"], "items": NOT_EMPTY},
        "manufacturer": TEXT,
        "model": TEXT,
        "model_id": TEXT,
        "name": TEXT,
        "serial_number": TEXT,
        "suggested_area": TEXT,
        "sw_version": TEXT,
        "via_device": TEXT,
    },
}
COMMON = {
    "availability": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["topic"],
            "additionalProperties": False,
            "properties": {
                "topic": TOPIC,
                "payload_available": TEXT,
                "payload_not_available": TEXT,
                "value_template": TEXT,
            },
        },
    },
    "availability_mode": {"enum": ["all", "any", "latest"]},
    "device": DEVICE,
    "enabled_by_default": {"type": "boolean"},
    "encoding": TEXT,
    "entity_category": {"enum": ["config", "diagnostic"]},
    "icon": {"type": "string", "pattern": "^mdi:"},
    "json_attributes_template": TEXT,
    "json_attributes_topic": TOPIC,
    "name": TEXT,
    "origin": {
        "type": "object",
        "required": ["name"],
        "additionalProperties": False,
        "properties": {"name": NOT_EMPTY, "sw_version": TEXT, "support_url": TEXT},
    },
    "qos": {"enum": [0, 1, 2]},
    "state_topic": TOPIC,
    "unique_id": NOT_EMPTY,
    "value_template": TEXT,
}
OF_PLATFORM: dict[str, dict[str, Any]] = {
    "sensor": {
        "device_class": {"enum": ["timestamp", "enum", "duration"]},
        "expire_after": {"type": "integer"},
        "force_update": {"type": "boolean"},
        "state_class": {"enum": ["measurement", "total", "total_increasing"]},
        "unit_of_measurement": TEXT,
    },
    "binary_sensor": {
        "device_class": {"enum": ["presence", "occupancy", "connectivity", "problem", "running"]},
        "expire_after": {"type": "integer"},
        "off_delay": {"type": "integer"},
        "payload_on": TEXT,
        "payload_off": TEXT,
    },
    "event": {
        "device_class": {"enum": ["button", "doorbell", "motion"]},
        "event_types": {"type": "array", "minItems": 1, "uniqueItems": True, "items": NOT_EMPTY},
    },
}
REQUIRED = {"sensor": [], "binary_sensor": [], "event": ["event_types"]}


def schema(platform: str) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["state_topic", "unique_id", "device", "origin", *REQUIRED[platform]],
        "properties": COMMON | OF_PLATFORM[platform],
    }


@pytest.mark.parametrize("node", ["glimpse", "site.north-1"])
def test_every_configuration_is_one_that_home_assistant_documents(node: str) -> None:
    discovery = Discovery("homeassistant", Topics("glimpse", node), "0.4.0")
    found = list(discovery.configs(["Ada", "Zoë O'Neil #1/+"], ["door", "yard.2", "x/y"]))
    assert len(found) == 1 + 2 * 3 + 3 * 3
    for topic, config in found:
        # <discovery_prefix>/<component>/[<node_id>/]<object_id>/config, ids of [a-zA-Z0-9_-]
        match = re.fullmatch(r"homeassistant/(\w+)/[a-zA-Z0-9_-]+/[a-zA-Z0-9_-]+/config", topic)
        assert match
        jsonschema.validate(config, schema(match[1]))
        assert config["device"]["sw_version"] == "0.4.0"
    assert len({config["unique_id"] for _, config in found}) == len({topic for topic, _ in found}) == len(found)


def test_events_that_are_published_are_among_the_types_announced() -> None:
    assert set(EVENT_TYPES) == {
        *("named", "renamed", "retracted"),
        *("alert_raised", "alert_acknowledged", "alert_escalated", "alert_ended"),
    }
