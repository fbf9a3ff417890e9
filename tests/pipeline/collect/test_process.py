"""The whole process: from two real nodes through the store into real servers, in threads or in parts."""

import threading
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from configs.read import ConfigurationError
from pipeline.bus.publisher import Publisher
from pipeline.collect.database import open_collection
from pipeline.collect.process import CollectProcess, Part
from pipeline.collect.reader import StreamReader
from pipeline.settings.rooms.collect import CollectSettings
from tests.synthetic.collection import keys
from tests.synthetic.events import track, until
from tests.synthetic.nats import nats_server
from tests.synthetic.redis import redis_server

NODE = "tcp://127.0.0.1:5556"


def settings(**section: Any) -> CollectSettings:
    return msgspec.convert(section, CollectSettings)


@pytest.mark.parametrize("parts", [("all",), ("nodes", "redis", "nats")])
def test_events_of_two_nodes_reach_both_servers(tmp_path: Path, parts: tuple[Part, ...]) -> None:
    stop, threads = threading.Event(), []
    with ExitStack() as stack:
        redis = stack.enter_context(redis_server(tmp_path / "redis"))
        nats = stack.enter_context(nats_server(tmp_path / "nats"))
        nodes = [
            stack.enter_context(
                closing(Publisher("tcp://127.0.0.1:*", node=name, epoch=name, outbox=str(tmp_path / f"{name}.db")))
            )
            for name in ("one", "two")
        ]
        file = str(tmp_path / "collection.db")
        section = settings(
            file=file, nodes=[node.address for node in nodes], redis=redis.settings(), nats=nats.settings()
        )
        for part in parts:
            threads.append(threading.Thread(target=CollectProcess(section, only=part).run, args=(stop.is_set,)))
            threads[-1].start()
        try:
            for seq in range(50):
                for name, node in zip(("one", "two"), nodes, strict=True):
                    node.on_event(msgspec.structs.replace(track(seq, epoch=name), node=name))
            until(lambda: Path(file).exists() and _is_passed_on(file, 100))
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        with closing(open_collection(file)) as database:
            found = keys(database)
        assert len(set(found)) == len(found) == 100
        assert [key for _, key in redis.entries()] == found == [key for _, key, _ in nats.messages()]


def _is_passed_on(file: str, count: int) -> bool:
    try:
        with closing(open_collection(file)) as database:
            reader = StreamReader(database)
            return len(keys(database)) == count and [state.behind for state in reader.bridges()] == [0, 0]
    except ValueError:  # being made
        return False


@pytest.mark.parametrize(
    ("section", "part", "message"),
    [
        ({"nodes": [NODE]}, "all", "collect.file: expected an SQLite file"),
        ({"file": "c.db"}, "all", "collect.nodes: expected addresses"),
        ({"file": "c.db", "nodes": [NODE, NODE]}, "all", "got one twice"),
        ({"file": "c.db", "nodes": ["rtsp://u:p@cam"]}, "nodes", "collect.nodes: address: expected tcp"),
        ({"file": "c.db", "nodes": [NODE]}, "redis", "collect.redis.server: expected HOST"),
        ({"file": "c.db", "nodes": [NODE]}, "nats", "collect.nats.server: expected HOST"),
    ],
)
def test_settings_that_cannot_be_right(section: dict[str, Any], part: Part, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as error:
        CollectProcess(settings(**section), only=part)
    assert "u:p" not in str(error.value)


def test_a_store_that_is_another_file_ends_the_process(tmp_path: Path) -> None:
    (tmp_path / "c.db").write_text("not a database, but something that somebody wants to keep" * 100)
    with pytest.raises(ValueError, match="not a collection of events"):
        CollectProcess(settings(file=str(tmp_path / "c.db"), nodes=[NODE])).run(lambda: False)
