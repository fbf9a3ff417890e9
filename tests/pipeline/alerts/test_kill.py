"""The process is killed again and again while a node publishes: no alert is lost, and none is told twice."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from pipeline.alerts.database import Database
from pipeline.alerts.outgoing import AlertPublisher, read_published
from pipeline.alerts.store import AlertStore
from pipeline.bus.client import ALL, Subscriber
from pipeline.bus.outbox import Outbox, OutboxReader
from pipeline.bus.publisher import Publisher
from pipeline.events import AlertEvent, Event, TrackAction, decode
from tests.synthetic.alert_site import Site, rule, seen
from tests.synthetic.events import EPOCH, NODE, health, identity, track, until

PEOPLE = 40
CONFIG = """\
node: {node}
events: {{bind: "ipc://{folder}/bus"}}
alerts:
  file: alerts.db
  bind: "ipc://{folder}/alerts"
  outbox: outbox.db
  rules:
    - {{name: people, cooldown: 0, escalate_seconds: 1, max_level: 1}}
"""


STARTED: list[subprocess.Popen[bytes]] = []


@pytest.fixture(autouse=True)
def _end_what_a_failed_test_left() -> Iterator[None]:
    yield
    while STARTED:
        with STARTED.pop() as process:
            process.kill()


class Process:
    """`glimpse alerts run`, to be killed."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "glimpse", "alerts", "run", "--config", str(folder / "site.yaml")]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        STARTED.append(self._process)

    def end(self, number: int) -> bytes:
        """Send a signal and wait; returns what was printed."""
        os.kill(self._process.pid, number)
        return b"".join(self._process.communicate(timeout=15))

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None


def visits(number: int) -> list[Event]:
    """A person comes and goes: the events of one track."""
    look = seen(f"Person {number}")
    return [
        track(3 * number - 3, track=number, action=TrackAction.NEW, age=0.0),
        identity(number - 1, person=f"Person {number}", number=number),
        track(3 * number - 2, track=number, evidence=look),
        track(3 * number - 1, track=number, evidence=look, action=TrackAction.END),
    ]


def asked(path: Path, query: str) -> int:
    """A number from the file of alerts; 0 while it is being made."""
    try:
        with Database(path, read_only=True) as database:
            return int(database.rows(query)[0][0])
    except (OSError, ValueError):
        return 0


def count(path: Path) -> int:
    return asked(path, "SELECT count(*) FROM alerts")


class Node:
    """Publishes people who come and go, one after the other."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "alerts.db"
        self._publisher = Publisher(f"ipc://{folder}/bus", node=NODE, epoch=EPOCH, outbox=str(folder / "node.db"))
        self.published = self._beats = 0

    def wait_until_heard(self) -> None:
        """A new file of alerts begins with what happens from then on."""
        until(lambda: asked(self._path, "SELECT count(*) FROM positions") > 0, poke=self.beat, seconds=20)

    def beat(self) -> None:
        """The heartbeat, by which a client sees what it has missed."""
        last_seq = {"v1/track/door/": 3 * self.published - 1, "v1/identity/door/": self.published - 1}
        self._publisher.on_event(health(self._beats, last_seq if self.published else {}))
        self._beats += 1

    def publish(self, people: int) -> None:
        for _ in range(people):
            self.published += 1
            for event in visits(self.published):
                self._publisher.on_event(event)

    def is_all_told(self) -> bool:
        waiting = asked(self._path, "SELECT count(*) FROM outgoing")
        raised = asked(self._path, "SELECT count(*) FROM alerts WHERE level = 1 AND ended_at > 0")
        return raised == self.published and not waiting

    def close(self) -> None:
        self._publisher.close()


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_killed_at_any_moment_it_loses_and_doubles_no_alert(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(CONFIG.format(node=NODE, folder=tmp_path))
    path, pause = tmp_path / "alerts.db", threading.Event()
    with closing(Node(tmp_path)) as node:
        process = Process(tmp_path)
        node.wait_until_heard()
        for kill in range(8):  # where it likes: in the middle of a batch, before or after publishing
            before = count(path)
            node.publish(PEOPLE // 8)
            until(lambda before=before: count(path) > before, poke=node.beat, seconds=20)  # type: ignore[misc]
            pause.wait(0.03 * kill)
            process.end(signal.SIGKILL)
            process = Process(tmp_path)
        until(node.is_all_told, poke=node.beat, seconds=40)
        assert process.end(signal.SIGTERM) == b""
    with closing(OutboxReader(tmp_path / "outbox.db")) as reader:
        runs = {str(epoch) for (epoch,) in reader._connection.execute("SELECT DISTINCT epoch FROM events")}
        bodies = [stored.body for run in sorted(runs) for stored in reader.run(run)]
    events = [event for body in bodies if body and isinstance(event := decode(body), AlertEvent)]
    told = Counter((event.person, str(event.action)) for event in events)
    names = [f"Person {number}" for number in range(1, PEOPLE + 1)]
    assert told == Counter({(name, action): 1 for name in names for action in ("raised", "ended", "escalated")})


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_one_run_over_real_sockets_with_an_acknowledgement(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(CONFIG.format(node=NODE, folder=tmp_path))
    topics = (f"{ALL}alert/",)
    process = Process(tmp_path)
    with closing(Node(tmp_path)) as node, Subscriber(f"ipc://{tmp_path}/alerts", topics=topics, start="replay") as bus:
        node.wait_until_heard()
        node.publish(1)
        found = []
        while len(found) < 2 and process.is_running:
            item = bus.receive(20)
            found += [item] if isinstance(item, AlertEvent) else []
        assert [(event.action, event.person, event.node) for event in found] == [
            ("raised", "Person 1", f"{NODE}.alerts"),
            ("ended", "Person 1", f"{NODE}.alerts"),
        ]
        with Database(tmp_path / "alerts.db") as database:
            assert AlertStore(database).acknowledge(found[0].alert, "Kim", found[0].wall_time)
        while found[-1].action != "acknowledged":
            item = bus.receive(20)
            found += [item] if isinstance(item, AlertEvent) else []
        assert found[-1].by == "Kim"
        assert process.end(signal.SIGTERM) == b""


def test_what_the_outbox_holds_is_not_published_again(tmp_path: Path) -> None:
    sent = []

    class Sink:
        def on_event(self, event: object) -> None:
            sent.append(event)
            outbox.put("t", event, msgspec.json.encode(event))  # type: ignore[arg-type]

        def flush(self, timeout: float) -> bool:
            return False  # killed before it could say that all is stored

    with Site(tmp_path, rule("bob")) as site:
        site.give(site.track(1, evidence=seen("Bob")))
        for epoch in ("a1", "a2"):
            published = read_published(tmp_path / "outbox.db")
            outbox = Outbox(tmp_path / "outbox.db")
            publisher = AlertPublisher(Sink(), node="n", epoch=epoch, published=published)
            publisher.step(site.alerts.store)
            publisher.step(site.alerts.store)  # not in one process either
            outbox.close()
        assert [type(event).__name__ for event in sent] == [
            "AlertEvent",
            "HealthEvent",
            "HealthEvent",
        ]


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="needs SIGHUP")
def test_changed_rules_are_taken_up_while_it_runs_and_broken_ones_are_not(tmp_path: Path) -> None:
    """By a real process: a file that is replaced, one that is broken, and SIGHUP for one that is not watched."""
    path, config = tmp_path / "alerts.db", tmp_path / "site.yaml"
    text = CONFIG.format(node=NODE, folder=tmp_path).replace(
        "- {name: people, cooldown: 0, escalate_seconds: 1, max_level: 1}", "{rules}"
    )
    assert "{rules}" in text
    config.write_text(text.replace("{rules}", "- {name: nobody, people: [Nobody]}"))
    process = Process(tmp_path)
    with closing(Node(tmp_path)) as node:
        node.wait_until_heard()
        node.publish(1)
        config.write_text(text.replace("{rules}", "- {name: people, cooldown: 0}"))

        def come() -> None:
            node.publish(1)
            node.beat()

        until(lambda: count(path) > 0, poke=come, seconds=20)
        config.write_text(text.replace("{rules}", "- {name: people, kind: nothing}"))
        os.kill(process.pid, signal.SIGHUP)
        before = count(path)
        until(lambda: count(path) > before + 3, poke=come, seconds=20)
        until(lambda: count(path) == asked(path, "SELECT count(DISTINCT track) FROM alerts"), seconds=20)
        output = process.end(signal.SIGTERM).decode()
    assert "alerts: taken up: nobody removed, people added" in output
    assert "configuration site.yaml: alerts.rules[0].kind" in output
    assert "nothing is changed" in output
