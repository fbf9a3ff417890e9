"""What waits to be delivered loses a person: name, picture and retained topics, whatever the name looks like."""

from pathlib import Path

import msgspec
import pytest

from pipeline.alerts.deliver.backlog import Backlog, NewDelivery
from pipeline.alerts.deliver.outcome import Refused
from pipeline.alerts.deliver.pending import Pending
from pipeline.alerts.mqtt.retained import unpublished
from pipeline.alerts.mqtt.take import Taker
from pipeline.erase.deliveries import DeliveriesStore
from pipeline.erase.person import Person
from pipeline.erase.run import erase_person
from pipeline.erase.stores import store_of
from pipeline.events import AlertEvent, decode, encode
from pipeline.settings.rooms.deliveries import Bounds, MqttSettings
from tests.synthetic.alerts import JPEG, alert
from tests.synthetic.events import camera, evidence, identity, track

NOW = 1e6
NAMES = ["Grace", 'O\'Neil "Zoë" <b>']


@pytest.mark.parametrize("name", NAMES)
def test_messages_stay_without_name_and_picture(tmp_path: Path, name: str) -> None:
    path = tmp_path / "webhooks.db"
    with Backlog(path, clock=lambda: NOW) as backlog:
        backlog.register(["a"])
        about = alert(0, at=NOW, person=name, text=f"{name} at the door.", rule=f"tell me of {name}")
        for number, event in enumerate((about, alert(1, at=NOW))):
            backlog.add(NewDelivery("a", str(number), encode(event), NOW))
        queue = Pending(backlog.file, "a", bounds=Bounds(), clock=lambda: NOW, random=lambda: 1.0)
        queue.note([], Refused(f"no thanks, {name}"))
        store = store_of(path)
        assert isinstance(store, DeliveriesStore)
        assert set(store.people(path)) == {name, "Ada"}
        assert list(store.traces(path, Person(name))) == [JPEG]
        assert (
            store.erase(path, Person(name))
            == "name taken from 1 messages, 0 retained topics to be cleared at the broker"
        )
        assert store.erase(path, Person(name)) == ""
        erased, other = (decode(item.body) for item in queue.head(9))
        assert isinstance(erased, AlertEvent)
        assert (erased.crop, erased.text, erased.alert) == (b"", f"{'*' * len(name)} at the door.", "alert-0")
        assert other == alert(1, at=NOW)
    assert msgspec.json.encode(name)[1:-1] not in path.read_bytes()


def test_the_whole_command_finds_nothing_left(tmp_path: Path) -> None:
    with Backlog(tmp_path / "mqtt.db", clock=lambda: NOW) as backlog:
        backlog.register(["events", "frigate"])
        taker = Taker(MqttSettings(broker="b", frigate="frigate"), "node", clock=lambda: NOW)
        with backlog.file.writing():
            events = [
                camera(0),
                identity(0, person="Grace"),
                track(0, evidence=evidence("Grace")),
                identity(1, number=2),
            ]
            taker.take_events(backlog, events)
    erasure = erase_person("Grace", [tmp_path])
    assert erasure.complete, erasure.outcomes
    with Backlog(tmp_path / "mqtt.db", clock=lambda: NOW) as backlog:
        cleared = {topic for topic, payload in unpublished(backlog.file) if payload == b""}
        assert len([topic for topic in cleared if "/person" in topic]) == 4
        with backlog.file.writing():
            taker.take_events(backlog, [])
        waiting = dict(unpublished(backlog.file))
        assert msgspec.json.decode(waiting["glimpse/node/camera/door"])["names"] == ["Ada"]
        assert all(waiting[topic] == b"" for topic in cleared if "/person" in topic)
