"""The process of MQTT beside real buses and a real Mosquitto with passwords, TLS and client certificates."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from glimpse.command.delivering import read_room
from pipeline.alerts.deliver.outcome import Delivered, Later
from pipeline.alerts.deliver.wanted import delivery_id
from pipeline.alerts.mqtt.run import MqttProcess
from pipeline.alerts.mqtt.topics import person_id
from pipeline.alerts.mqtt.trial import try_broker
from pipeline.bus.publisher import Publisher
from pipeline.erase.deliveries import DeliveriesStore
from pipeline.erase.person import Person
from pipeline.events import TrackAction
from tests.synthetic.alerts import Beats, alert, alerts_bus
from tests.synthetic.events import camera, evidence, health, identity, renamed, track, until
from tests.synthetic.mosquitto import PASSWORD, Listener, Mosquitto, listener, mosquitto

ROOT = Path(__file__).parents[4]
BASE = "glimpse/node"
ADA = f"{BASE}/person/{person_id('Ada')}"


@pytest.fixture
def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mosquitto]:
    monkeypatch.setenv("BROKER", PASSWORD)
    folder = tmp_path / "broker"
    folder.mkdir()
    with mosquitto(folder) as found:
        yield found


@contextmanager
def node(folder: Path) -> Iterator[Publisher]:
    outbox = str(folder / "outbox.db")
    with closing(Publisher("tcp://127.0.0.1:*", node="node", epoch="e1", outbox=outbox)) as publisher:
        yield publisher


def write_config(folder: Path, broker: Mosquitto, events: Publisher, alerts: Publisher | None, **more: Any) -> Path:
    content: dict[str, Any] = {"node": "node", "events": {"bind": events.address}}
    if alerts:
        content["alerts"] = {"bind": alerts.address}
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump(content | {"mqtt": broker.settings(folder, **more)}))
    return path


@contextmanager
def in_thread(config: Path, enrolled: Callable[[], Collection[str] | None] = lambda: None) -> Iterator[None]:
    stop = threading.Event()
    process = MqttProcess(read_room(config, section="mqtt"), enrolled=enrolled)
    thread = threading.Thread(target=process.run, args=(stop.is_set,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def process(config: Path) -> Iterator[subprocess.Popen[bytes]]:
    arguments = [sys.executable, "-m", "glimpse", "mqtt", "--config", str(config)]
    with subprocess.Popen(arguments, cwd="/", env={**os.environ, "PYTHONPATH": str(ROOT)}) as running:
        yield running


class Node:
    """Publishes what a node does, numbered, with a heartbeat whenever something is waited for."""

    def __init__(self, publisher: Publisher) -> None:
        self.publisher, self.seqs = publisher, {"health": 0, "track": 0, "identity": 0, "camera": 0}

    def say(self, kind: str, make: Callable[[int], Any]) -> None:
        self.publisher.on_event(make(self.seqs[kind]))
        self.seqs[kind] += 1

    def see(self, person: str | None, *, end: bool = False, number: int = 1) -> None:
        action = TrackAction.END if end else TrackAction.UPDATE
        found = evidence(person) if person else None
        self.say("track", lambda seq: track(seq, action=action, evidence=found, track=number))

    def name(self, person: str, number: int = 1) -> None:
        self.say("identity", lambda seq: identity(seq, person=person, number=number))

    def wait(self, condition: Callable[[], bool], seconds: float = 15.0) -> None:
        last = {f"v1/{kind}/door/": seq - 1 for kind, seq in self.seqs.items() if kind != "health" and seq}
        until(condition, poke=lambda: self.say("health", lambda seq: health(seq, last)), seconds=seconds)


def retained(heard: Listener, part: str) -> list[str]:
    """Topics with this in their name whose newest payload is not empty."""
    topics = {topic for topic, _, _ in list(heard.messages) if part in topic}
    return sorted(topic for topic in topics if heard.last(topic))


def test_people_cameras_events_and_alerts_are_published_and_discovered(tmp_path: Path, broker: Mosquitto) -> None:
    with node(tmp_path) as publisher, alerts_bus(tmp_path) as alerts, listener(broker) as heard:
        seen, beats = Node(publisher), Beats(alerts)
        config = write_config(tmp_path, broker, publisher, alerts, frigate="frigate", present_seconds=1)
        with in_thread(config):
            seen.wait(lambda: heard.last(f"{BASE}/status") == b"online" and heard.last(f"{BASE}/engine") == b"online")
            seen.say("camera", camera)
            seen.name("Ada")
            seen.see("Ada")
            seen.see(None, number=2)
            alerts.on_event(alert(0, at=time.time()))
            beats.wait(lambda: len(heard.events()) >= 2, 0)
            seen.wait(lambda: heard.json(f"{BASE}/camera/door").get("persons") == 2)
            door, ada = heard.json(f"{BASE}/camera/door"), heard.json(ADA)
            assert (door["names"], door["connected"], door["state"]) == (["Ada"], "ON", "live")
            assert (ada["person"], ada["present"], ada["camera"]) == ("Ada", "ON", "door")
            assert heard.last("frigate/door/person") == b"2"
            events = {event["event_type"]: event for event in heard.events()}
            assert set(events) == {"named", "alert_raised"}
            assert (events["alert_raised"]["rule"], events["named"]["person"]) == ("couriers", "Ada")
            assert "crop" not in events["alert_raised"]
            seen.wait(lambda: len(heard.events("frigate/events")) == 2)
            tracks = heard.events("frigate/events")
            assert [(item["type"], item["after"]["sub_label"]) for item in tracks] == [
                ("new", ["Ada", 0.61]),
                ("new", None),
            ]
            seen.see("Ada", end=True)
            seen.wait(lambda: heard.json(ADA)["present"] == "OFF")
            assert heard.json(f"{BASE}/camera/door")["names"] == []
            seen.wait(lambda: heard.events("frigate/events")[-1]["type"] == "end")
            assert heard.events("frigate/events")[-1]["after"]["end_time"]
        assert heard.last(f"{BASE}/status") == b"offline"
        assert len(retained(heard, "homeassistant/")) == 1 + 3 + 3
        assert not any(b"Ada" in topic.encode() for topic, _, _ in heard.messages)


def test_whoever_is_not_enrolled_any_more_is_cleared_at_the_broker(tmp_path: Path, broker: Mosquitto) -> None:
    people = {"Ada", "Ben"}
    with node(tmp_path) as publisher, listener(broker) as heard:
        seen = Node(publisher)
        with in_thread(write_config(tmp_path, broker, publisher, None), enrolled=lambda: set(people)):
            seen.name("Ada")
            seen.wait(lambda: len(retained(heard, "/person_")) == 6 and heard.json(ADA).get("camera") == "door")
            people.remove("Ada")
            seen.wait(lambda: heard.last(ADA) == b"")
            seen.wait(lambda: len(retained(heard, "/person_")) == 3)
            assert person_id("Ben") in retained(heard, "/person_")[0]


def test_a_new_name_has_its_entities_and_where_the_person_was_seen_last(tmp_path: Path, broker: Mosquitto) -> None:
    people, new = {"Ada"}, f"{BASE}/person/{person_id('Ada Lovelace')}"
    past = Publisher("tcp://127.0.0.1:*", node="node.history", epoch="h1")
    with closing(past), node(tmp_path) as publisher, listener(broker) as heard:
        seen, sent = Node(publisher), 0
        config = write_config(tmp_path, broker, publisher, None)
        config.write_text(config.read_text() + yaml.safe_dump({"history": {"bind": past.address}}))

        def rename_again() -> None:
            """Until the process listens: before that, nobody hears it."""
            nonlocal sent
            past.on_event(renamed("Ada", "Ada Lovelace", seq=sent))
            seen.say("health", lambda seq: health(seq))
            sent += 1

        with in_thread(config, enrolled=lambda: set(people)):
            seen.name("Ada")
            seen.wait(lambda: heard.json(ADA).get("camera") == "door")
            people.clear()  # the gallery changes first
            people.add("Ada Lovelace")
            seen.wait(lambda: heard.last(ADA) == b"" and heard.last(new) is not None)
            until(lambda: heard.json(new)["camera"] == "door", poke=rename_again)
            assert heard.json(new)["person"] == "Ada Lovelace"


def test_an_erased_person_is_cleared_while_the_process_runs(tmp_path: Path, broker: Mosquitto) -> None:
    with node(tmp_path) as publisher, listener(broker) as heard:
        seen = Node(publisher)
        with in_thread(write_config(tmp_path, broker, publisher, None)):
            seen.say("camera", camera)
            seen.name("Ada")
            seen.wait(lambda: len(retained(heard, "/person_")) == 3 and bool(heard.last(ADA)))
            assert "Ada" in set(DeliveriesStore().people(tmp_path / "mqtt.db"))
            assert DeliveriesStore().erase(tmp_path / "mqtt.db", Person("Ada"))
            seen.wait(lambda: heard.last(ADA) == b"" and retained(heard, "/person_") == [])
            seen.wait(lambda: heard.json(f"{BASE}/camera/door").get("names") == [])
    assert b"Ada" not in (tmp_path / "mqtt.db").read_bytes()


def test_home_assistant_that_starts_gets_the_discovery_again(tmp_path: Path, broker: Mosquitto) -> None:
    with node(tmp_path) as publisher, listener(broker) as heard:
        seen, topic = Node(publisher), "homeassistant/event/glimpse_node/events/config"
        with in_thread(write_config(tmp_path, broker, publisher, None)):
            seen.wait(lambda: heard.last(topic) is not None)
            before = len([name for name, _, _ in heard.messages if name == topic])
            heard.client.publish("homeassistant/status", "online", qos=1)
            seen.wait(lambda: len([name for name, _, _ in list(heard.messages) if name == topic]) > before)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_broker_that_is_killed_and_comes_back_gets_everything(tmp_path: Path, broker: Mosquitto) -> None:
    with node(tmp_path) as publisher, alerts_bus(tmp_path) as alerts:
        seen, beats = Node(publisher), Beats(alerts)
        with in_thread(write_config(tmp_path, broker, publisher, alerts)):
            with listener(broker) as heard:
                seen.name("Ada")
                for seq in range(5):
                    alerts.on_event(alert(seq, at=time.time()))
                beats.wait(lambda: len(heard.events()) >= 3, 4)
                broker.kill()
                first = heard.events()
            for seq in range(5, 20):
                alerts.on_event(alert(seq, at=time.time()))
            broker.start()
            with listener(broker) as heard:
                beats.wait(lambda: {item["id"] for item in (*first, *heard.events())} >= ids(20), 19, seconds=40)
                seen.wait(lambda: bool(heard.last(ADA)) and heard.last(f"{BASE}/status") == b"online")
                assert len(retained(heard, "/person_")) == 3
                again = [event for event in heard.events() if event["id"] in {item["id"] for item in first}]
                assert len(again) <= 1  # the one that was on its way


def ids(count: int) -> set[str]:
    return {delivery_id(alert(seq, at=0.0), "events") for seq in range(count)}


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_the_last_will_is_heard_after_a_kill_and_a_new_process_goes_on(tmp_path: Path, broker: Mosquitto) -> None:
    with node(tmp_path) as publisher, alerts_bus(tmp_path) as alerts, listener(broker) as heard:
        seen, beats = Node(publisher), Beats(alerts)
        config = write_config(tmp_path, broker, publisher, alerts)
        with process(config) as running:
            seen.wait(lambda: heard.last(f"{BASE}/status") == b"online", seconds=40)
            alerts.on_event(alert(0, at=time.time()))
            beats.wait(lambda: len(heard.events()) == 1, 0)
            running.kill()
            until(lambda: heard.last(f"{BASE}/status") == b"offline")
        for seq in range(1, 10):
            alerts.on_event(alert(seq, at=time.time()))
        with process(config) as running:
            beats.wait(lambda: {item["id"] for item in heard.events()} == ids(10), 9, seconds=40)
            running.send_signal(signal.SIGTERM)
            assert running.wait() == 0
        assert heard.last(f"{BASE}/status") == b"offline"
        texts = list(dict.fromkeys(event["text"] for event in heard.events()))
        assert texts == [f"Ada at the door, number {seq}." for seq in range(10)]


# The library leaves the socket of a refused connection to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_wrong_password_is_tried_again_and_said_without_it(tmp_path: Path, broker: Mosquitto) -> None:
    with node(tmp_path) as publisher:
        settings = read_room(write_config(tmp_path, broker, publisher, None), section="mqtt")
        assert isinstance(try_broker(settings), Delivered)
        wrong = msgspec.structs.replace(settings.mqtt, password="wrong-password")
        outcome = try_broker(msgspec.structs.replace(settings, mqtt=wrong))
        assert isinstance(outcome, Later)
        assert "uthori" in outcome.reason
        assert "wrong-password" not in outcome.reason
        stranger = msgspec.structs.replace(settings.mqtt, ca=str(broker.folder / "client.pem"))
        assert isinstance(try_broker(msgspec.structs.replace(settings, mqtt=stranger)), Later)
