"""What a collecting process answers over HTTP: how far it is, what it leaves out, and whether it waits."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import pytest

from pipeline.bus.reorder import Gap
from pipeline.collect.process import CollectProcess
from pipeline.collect.serve import serving_figures
from pipeline.settings.rooms.collect import CollectSettings
from tests.synthetic.collection import add, add_tracks, new_collection


@pytest.fixture
def process(tmp_path: Path) -> CollectProcess:
    section = {"file": str(tmp_path / "collection.db"), "nodes": ["tcp://127.0.0.1:5556"]}
    return CollectProcess(msgspec.convert(section, CollectSettings))


@contextmanager
def served(process: CollectProcess) -> Iterator[str]:
    with serving_figures(process, "127.0.0.1", 0) as (host, port):
        yield f"http://{host}:{port}"


def read(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_figures_of_a_store(process: CollectProcess, tmp_path: Path) -> None:
    with closing(new_collection(tmp_path)) as database:
        add_tracks(database, 0, 5)
        add(database, [Gap("v1/track/door/", "e1", 5, 7)])
        database.change("INSERT INTO bridges VALUES ('nats', 3, 2, 'no connection')")
        database.change("INSERT INTO skipped VALUES ('nats', 2, 2000000, 1048576, 'max_payload of the NATS server')")
        database.change("INSERT INTO skipped VALUES ('nats', 3, 3000000, 1048576, 'max_payload of the NATS server')")
    with served(process) as address:
        status, text = read(f"{address}/metrics")
        assert status == 200
        for line in (
            'glimpse_collect_waiting{part="gather"} 0.0',
            'glimpse_collect_lost_events{address="tcp://door:5556",node="node"} 3.0',
            'glimpse_collect_behind{bridge="nats"} 2.0',
            'glimpse_collect_failing{bridge="nats"} 1.0',
            'glimpse_collect_skipped{bridge="nats"} 2.0',
        ):
            assert line in text
        [last] = [line for line in text.splitlines() if line.startswith("glimpse_collect_last_skipped_info{")]
        for label in ('number="3"', 'node="node"', 'topic="v1/track/door/"', 'seq="2"', 'size="3000000"'):
            assert label in last
        assert 'most="1048576"' in last
        assert "max_payload of the NATS server" in last
        assert read(f"{address}/health/ready") == (200, '{"ready": true, "waiting": {}}')


def test_a_part_that_waits_is_told_also_where_the_store_cannot_be_read(process: CollectProcess) -> None:
    process.health.failed("gather", OSError("collection c.db: the disk is full"))
    with served(process) as address:
        assert 'glimpse_collect_waiting{part="gather"} 1.0' in read(f"{address}/metrics")[1]
        status, text = read(f"{address}/health/ready")
        assert (status, json.loads(text)["waiting"]) == (503, {"gather": "collection c.db: the disk is full"})
        assert read(f"{address}/health/live")[0] == 200
        assert read(f"{address}/nothing")[0] == 404
