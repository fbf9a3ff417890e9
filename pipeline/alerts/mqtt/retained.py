"""The retained topics that the broker should hold, in the backlog's file: those that differ are published again."""

from collections.abc import Collection, Iterator, Mapping

import msgspec

from pipeline.alerts.deliver.file import DeliveryFile
from pipeline.alerts.mqtt.discovery import Discovery
from pipeline.alerts.mqtt.messages import camera_message, person_message
from pipeline.alerts.mqtt.state import NodeState
from pipeline.alerts.mqtt.topics import Topics
from pipeline.settings.rooms.deliveries import MqttSettings

AFTER_CLOCK_SECONDS = 5.0
"""A sight may be so far ahead of this machine's clock."""


def wanted_messages(
    state: NodeState,
    settings: MqttSettings,
    topics: Topics,
    *,
    people: Collection[str],
    online: bool,
    now: float,
) -> Iterator[tuple[str, bytes]]:
    """Topic and payload of all that should be retained. people: who has entities.  now: Unix seconds."""
    yield topics.engine, b"online" if online else b"offline"
    for name in people:
        sight, in_view = state.people.get(name), state.is_in_view(name)
        recent = sight is not None and -AFTER_CLOCK_SECONDS <= now - sight.time <= settings.present_seconds
        message = person_message(name, sight, in_view=in_view, present=online and (in_view or recent))
        yield topics.person(name), msgspec.json.encode(message)
    for name in state.cameras:
        yield topics.camera(name), msgspec.json.encode(camera_message(name, state))
    if settings.discovery:
        discovery = Discovery(settings.discovery, topics, state.version or "unknown")
        for topic, config in discovery.configs(people, state.cameras):
            yield topic, msgspec.json.encode(config)
    if settings.frigate:
        yield f"{settings.frigate}/available", b"online" if online else b"offline"
        for name in state.cameras:
            count = str(state.count_faces(name)).encode()
            yield f"{settings.frigate}/{topics.camera(name).rpartition('/')[2]}/person", count


def keep(file: DeliveryFile, wanted: Mapping[str, bytes]) -> bool:
    """Note what should be retained, in the current transaction; what is no longer wanted is cleared at the broker.

    Says whether anything changed.
    """
    known = {str(topic): bytes(payload) for topic, payload in file.rows("SELECT topic, payload FROM retained")}
    changed = {topic: payload for topic, payload in wanted.items() if known.get(topic) != payload}
    changed |= {topic: b"" for topic, payload in known.items() if payload and topic not in wanted}
    for topic, payload in changed.items():
        file.change(
            "INSERT INTO retained VALUES (?, ?, 1) ON CONFLICT (topic) DO UPDATE SET payload = excluded.payload,"
            " dirty = 1",
            (topic, payload),
        )
    return bool(changed)


def unpublished(file: DeliveryFile) -> list[tuple[str, bytes]]:
    """Topic and payload of what the broker does not have yet; discovery last, as its entities read the others."""
    rows = file.rows("SELECT topic, payload FROM retained WHERE dirty ORDER BY topic LIKE '%/config', topic")
    return [(str(topic), bytes(payload)) for topic, payload in rows]


def note_published(file: DeliveryFile, topic: str, payload: bytes) -> None:
    """The broker has this; unless something else is wanted by now, it is not published again."""
    with file.writing():
        file.change("UPDATE retained SET dirty = 0 WHERE topic = ? AND payload = ?", (topic, payload))
        file.change("DELETE FROM retained WHERE topic = ? AND payload = x'' AND NOT dirty", (topic,))


def publish_all_again(file: DeliveryFile) -> None:
    """The broker may have lost what it retained, or Home Assistant may have been started."""
    with file.writing():
        file.change("UPDATE retained SET dirty = 1")
