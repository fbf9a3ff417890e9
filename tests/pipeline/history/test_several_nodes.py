"""Several nodes in one PostgreSQL database: each has its own runs, tracks and position, and nobody waits for ever."""

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import msgspec
import pytest
import yaml

from pipeline.bus.position import Position
from pipeline.bus.publisher import Publisher
from pipeline.events import Event, PersonAction, PersonEvent, decode
from pipeline.history.database import open_database
from pipeline.history.person_events import delete_queued, queue_person_event, taken_person_events
from pipeline.history.person_publisher import PersonPublisher
from pipeline.history.reader import HistoryReader
from pipeline.history.retention import Limits, Retention
from pipeline.history.store import HistoryWriter
from tests.pipeline.history.test_person_publisher import Outlet
from tests.pipeline.history.test_recorder import ROOT, Beats, expected, has, recorder, stored, visits
from tests.synthetic.events import until
from tests.synthetic.histories import ask, open_writer
from tests.synthetic.postgres import PostgresServer, postgres_server
from tests.synthetic.visits import visit

NODES = ("door", "yard")
RECORD = (sys.executable, "-m", "glimpse", "history", "record")


def of(node: str, events: list[Event]) -> list[Event]:
    return [msgspec.structs.replace(event, node=node) for event in events]


@pytest.fixture
def address(postgres: PostgresServer) -> str:
    return postgres.new_database()


def test_each_node_has_its_own_runs_tracks_and_position(address: str) -> None:
    """Even where the runs have the same name and the tracks the same numbers."""
    for number, node in enumerate(NODES):
        with HistoryWriter(address, node=node) as history:
            history.add(of(node, visit("Ada")), Position("e1", {"v1/track/door/": number}))
    for number, node in enumerate(NODES):
        with HistoryWriter(address, node=node) as history:
            assert history.position == Position("e1", {"v1/track/door/": number})
    with HistoryReader(address) as reader:
        assert reader.nodes() == ["door", "yard"]
        assert [(row.node, row.epoch, row.track) for row in reader.tracks()] == [("yard", "e1", 1), ("door", "e1", 1)]
        assert len({row.id for row in reader.tracks()}) == 2


def test_a_recorder_without_a_node_is_refused_and_so_are_events_of_another(address: str) -> None:
    with pytest.raises(ValueError, match=r"expected --node NAME, as several nodes may be kept there"):
        HistoryWriter(address)
    with (
        HistoryWriter(address, node="door") as history,
        pytest.raises(ValueError, match=r"expected events of node door, got yard; start a recorder for each node"),
    ):
        history.add(of("yard", visit()), None)
    assert ask(address, "SELECT count(*) FROM events") == [(0,)]


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_two_recorders_write_at_once_and_lose_and_double_nothing(address: str, tmp_path: Path) -> None:
    events = {node: of(node, visits(60)) for node in NODES}
    count = sum(len(expected(published)) for published in events.values())
    with ExitStack() as stack:
        processes: list[subprocess.Popen[bytes]] = []
        for node in NODES:
            outbox = str(tmp_path / f"{node}.db")
            publisher = stack.enter_context(
                closing(Publisher("tcp://127.0.0.1:*", node=node, epoch="e1", outbox=outbox))
            )
            for event in events[node]:
                publisher.on_event(event)
            processes.append(stack.enter_context(recorder(publisher.address, address, node=node)))
        until(partial(has, address, count), seconds=60)
        for process in processes:
            process.send_signal(signal.SIGTERM)
            assert process.wait() == 0
    assert stored(address) == expected(events["door"]) + expected(events["yard"])
    assert ask(address, "SELECT bytes FROM usage WHERE kind = 'events'") == ask(
        address, "SELECT sum(length(body)) FROM events"
    )


@pytest.mark.timeout(60)
def test_retention_of_several_recorders_at_once_ends_and_counts_right(address: str) -> None:
    for node in NODES:
        with open_writer(address, node=node, unknowns=True) as history:
            for number in range(1, 41):
                history.add(of(node, visit(None, number=number, first_seq=10 * number)), None)
    faults: list[Exception] = []

    def retain() -> None:
        try:
            with open_writer(address, node="door") as history:
                limits = Limits(event_mb=0.01, template_days=1)
                retention = Retention(history.database, limits, unknowns=True, clock=lambda: 5000.0 + 3 * 86400)
                while retention.step():
                    pass
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=retain) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert ask(address, "SELECT count(*) FROM templates") == [(0,)]
    assert ask(address, "SELECT bytes FROM usage WHERE kind = 'templates'") == [(0,)]
    [(used,)] = ask(address, "SELECT bytes FROM usage WHERE kind = 'events'")
    assert ask(address, "SELECT sum(length(body)) FROM events") == [(used,)]
    assert used <= 10_000


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that a test may kill."""
    with postgres_server() as server:
        yield server


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_where_the_server_dies_the_recorder_ends_with_1_and_goes_on_when_started_again(
    own_server: PostgresServer, tmp_path: Path
) -> None:
    address, events = own_server.new_database(), visits(20)
    with closing(
        Publisher("tcp://127.0.0.1:*", node="node", epoch="e1", outbox=str(tmp_path / "outbox.db"))
    ) as publisher:
        for event in events[:40]:
            publisher.on_event(event)
        with recorder(publisher.address, address, stderr=subprocess.PIPE) as process:
            until(partial(has, address, 40), seconds=30)
            own_server.stop()
            for event in events[40:]:
                publisher.on_event(event)
            message = process.communicate(timeout=60)[1].decode()
            assert process.returncode == 1
        assert "history postgresql:///history0: the connection is lost" in message
        assert "Traceback" not in message
        own_server.start()
        with recorder(publisher.address, address) as process:
            Beats(publisher).wait(partial(has, address, len(expected(events))), events, seconds=30)
            process.send_signal(signal.SIGTERM)
            assert process.wait() == 0
    assert stored(address) == expected(events)


def queue_events(address: str, count: int) -> None:
    with HistoryWriter(address, node="door") as history:
        history.add(of("door", visit()), None)
        with history.database.writing():
            for number in range(1, count + 1):
                queue_person_event(history.database, PersonAction.GROUPED, track=1, at=5.0, group=number)


def test_what_one_recorder_takes_another_does_not_until_it_is_given_back(address: str) -> None:
    queue_events(address, 3)
    with open_database(address, create=True) as one, open_database(address, create=True) as two:
        with taken_person_events(one, limit=2) as first, taken_person_events(two, limit=9) as second:
            assert [[event.id for event in found] for found in (first, second)] == [[1, 2], [3]]
            delete_queued(two, second)
            with HistoryWriter(address, node="yard") as history:  # nobody waits meanwhile
                history.add(of("yard", visit()), None)
        with taken_person_events(two, limit=9) as again:
            assert [event.id for event in again] == [1, 2]
            delete_queued(two, again)
        with taken_person_events(one, limit=9) as nothing:
            assert nothing == []


def test_what_a_recorder_without_room_in_its_outbox_published_and_another_took_over_is_not_kept_in_mind(
    address: str,
) -> None:
    """A later event that is given back by another recorder is published, whatever this one published before."""
    queue_events(address, 2)
    outlet = Outlet()
    with open_database(address, create=True) as one, open_database(address, create=True) as two:
        persons = PersonPublisher(two, outlet, node="n", epoch="e1", clock=lambda: 0.0)
        with taken_person_events(one, limit=1):
            persons.step()
        persons.step()
    assert [event.group for event in outlet.events if isinstance(event, PersonEvent)] == ["unknown-2", "unknown-1"]


def stored_persons(path: Path) -> list[str]:
    """The groups of all `person` events in an outbox."""
    with closing(sqlite3.connect(path)) as outbox:
        rows = outbox.execute("SELECT body FROM events WHERE topic LIKE 'v1/person/%'").fetchall()
    return [str(event.group) for (body,) in rows if isinstance(event := decode(body), PersonEvent)]


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_two_recorders_of_one_database_publish_each_person_event_once(address: str, tmp_path: Path) -> None:
    count = 300
    with ExitStack() as stack:
        processes: list[subprocess.Popen[bytes]] = []
        for node in NODES:
            publisher = stack.enter_context(closing(Publisher("tcp://127.0.0.1:*", node=node, epoch="e1")))
            content = {"bind": f"ipc://{tmp_path}/{node}", "outbox": str(tmp_path / f"{node}-person.db")}
            config = tmp_path / f"{node}.yaml"
            config.write_text(yaml.safe_dump({"node": node, "history": {"file": address, **content}}))
            command = [*RECORD, publisher.address, "--config", str(config)]
            processes.append(stack.enter_context(subprocess.Popen(command, cwd=ROOT)))
        until(lambda: all((tmp_path / f"{node}-person.db").exists() for node in NODES), seconds=60)
        queue_events(address, count)
        until(lambda: ask(address, "SELECT count(*) FROM person_queue") == [(0,)], seconds=60)
        for process in processes:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
    told = [stored_persons(tmp_path / f"{node}-person.db") for node in NODES]
    assert sorted(told[0] + told[1]) == sorted(f"unknown-{number}" for number in range(1, count + 1))
