"""A real node with a camera and a real recorder: copied while they run, killed, put back, and started again."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from pipeline.backup.manifest import faults, read_manifest
from pipeline.bus.outbox import OutboxReader
from pipeline.history.reader import HistoryReader
from recognizer.gallery.store import Gallery
from tests.conftest import REPOSITORY
from tests.synthetic.events import until
from tests.synthetic.node import Listener, running
from tests.synthetic.rtsp import rtsp_server
from tests.synthetic.world import World, write_config

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
Key = tuple[str, str, int]


def glimpse(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "glimpse", *map(str, words)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


@contextmanager
def recorder(config: Path, history: Path) -> Iterator[None]:
    """Keeps the past of the node, from its first event on, until it is killed."""
    command = [sys.executable, "-m", "glimpse", "history", "record", "--config", str(config)]
    with subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.DEVNULL) as child:
        try:
            until(lambda: history.exists() and kept_tracks(history) > 0, seconds=60)
            yield
        finally:
            child.kill()


def kept_tracks(history: Path) -> int:
    try:
        with HistoryReader(history) as reader:
            return len(reader.tracks())
    except (ValueError, OSError):  # it is being made
        return 0


def keys_of(outbox: Path) -> set[Key]:
    """The numbers of all stored events but lost ones."""
    with closing(OutboxReader(outbox)) as reader:
        rows = reader._connection.execute("SELECT epoch, topic, seq FROM events WHERE length(body) > 0")
        return {(str(epoch), str(topic), int(seq)) for epoch, topic, seq in rows}


def test_a_site_that_runs_is_copied_and_comes_back(tmp_path: Path) -> None:
    world = World(tmp_path / "world", seconds=3, size=(320, 240), face_px=(14, 36))
    bus, outbox, history = f"ipc://{tmp_path}/bus", tmp_path / "outbox.db", tmp_path / "history.db"
    with rtsp_server({"door": world.clip}) as server, Listener(bus) as listener:
        settings = world.settings(
            cameras=[{"name": "door", "source": server.url("door")}],
            events={"bind": bus, "outbox": str(outbox)},
            history={"file": str(history)},
        )
        config = write_config(tmp_path / "site.yaml", settings)
        with running(tmp_path, "--config", config) as node:
            listener.until(lambda event: event["kind"] == "track")
            with recorder(config, history):
                for number in range(3):
                    done = glimpse("backup", tmp_path / f"b{number}", "--config", config)
                    assert done.returncode == 0, done.stderr
                    listener.until(lambda event: event["kind"] == "track" and event["action"] == "new")
                refused = glimpse("restore", tmp_path / "b0", "--replace")
                assert refused.returncode == 1
                assert "in use" in refused.stderr
            os.kill(node.process.pid, signal.SIGKILL)
            node.process.wait(10)
        after_backup = keys_of(outbox)
        for number in range(3):
            assert faults(tmp_path / f"b{number}", read_manifest(tmp_path / f"b{number}")) == []
        restored = glimpse("restore", tmp_path / "b0", "--replace")
        assert restored.returncode == 0, restored.stderr
        in_backup = keys_of(outbox)
        assert in_backup < after_backup
        with running(tmp_path, "--config", config) as node:
            listener.until(lambda event: event["kind"] == "track" and event["action"] == "new")
            with recorder(config, history):
                pass
            node.end(signal.SIGINT)
        assert (keys_of(outbox) - in_backup) & after_backup == set()  # no number was given out twice
        with Gallery(world.gallery) as gallery:
            assert len(gallery.people()) == 2
