"""The process of the webhooks beside a real bus and real servers: killed at any moment, it loses nothing."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import yaml

from glimpse.command.delivering import read_room
from pipeline.alerts.webhooks.run import run_webhooks
from tests.synthetic.alerts import Beats, alert, alerts_bus, status_of
from tests.synthetic.events import until
from tests.synthetic.http_receiver import HttpReceiver, http_receiver

ROOT = Path(__file__).parents[4]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def write_config(folder: Path, bind: str, **urls: str) -> Path:
    receivers = [
        {"name": name, "url": url, "secret": "${env:HOOK}", "timeout_seconds": 1} for name, url in urls.items()
    ]
    path = folder / "site.yaml"
    path.write_text(
        yaml.safe_dump({"alerts": {"bind": bind}, "webhooks": {"file": "webhooks.db", "receivers": receivers}})
    )
    return path


@contextmanager
def process(config: Path, command: str = "webhooks") -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "HOOK": SECRET, "PYTHONPATH": str(ROOT)}
    arguments = [sys.executable, "-m", "glimpse", command, "--config", str(config)]
    with subprocess.Popen(arguments, cwd="/", env=environment) as running:
        yield running


@contextmanager
def in_thread(config: Path) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=run_webhooks, args=(read_room(config, section="webhooks"), stop.is_set))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_receiver_that_hangs_does_not_hold_the_other_and_gets_all_in_order_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", SECRET)
    with alerts_bus(tmp_path) as bus, http_receiver() as good, http_receiver() as bad:
        bad.answer("hang", 200)
        config = write_config(tmp_path, bus.address, good=good.url, bad=bad.url)
        with in_thread(config):
            for seq in range(5):
                bus.on_event(alert(seq, at=time.time()))
            until(lambda: len(good.received) == 5)
            until(lambda: len(bad.received) >= 1)
            assert len(bad.received) == 1
            until(lambda: (found := status_of(tmp_path / "webhooks.db", "bad")) is not None and found.delivered == 5)
    assert [request.body.count(b"number %d." % seq) for seq, request in enumerate(good.received)] == [1] * 5
    assert list(dict.fromkeys(bad.ids())) == bad.ids()[1:]
    assert len(set(good.ids()) | set(bad.ids())) == 10
    assert all(request.headers["webhook-signature"].startswith("v1,") for request in good.received)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_process_that_is_killed_again_and_again_delivers_everything_under_the_same_ids(tmp_path: Path) -> None:
    """Real processes and SIGKILL; doubles have the id of the first."""
    database, count = tmp_path / "webhooks.db", 60
    with alerts_bus(tmp_path) as bus, http_receiver() as server:
        config, beats = write_config(tmp_path, bus.address, a=server.url), Beats(bus)
        for seqs in (range(0), range(20), range(20, 40), range(40, count)):
            with process(config) as running:
                until(lambda: status_of(database, "a") is not None, seconds=30)
                for seq in seqs:
                    bus.on_event(alert(seq, at=time.time()))
                beats.wait(partial(has_more, server, seqs), max(seqs, default=-1), seconds=60)
                running.kill()
        with process(config) as running:
            beats.wait(lambda: len(set(server.ids())) == count, count - 1, seconds=60)
            until(lambda: (found := status_of(database, "a")) is not None and found.pending == 0)
            running.send_signal(signal.SIGTERM)
            assert running.wait() == 0
    first = list(dict.fromkeys(server.ids()))
    bodies = {request.headers["webhook-id"]: request.body for request in server.received}
    assert [b"number %d." % seq in bodies[key] for seq, key in enumerate(first)] == [True] * count
    assert len(server.received) - count <= 4  # one for each kill at most


def has_more(server: HttpReceiver, seqs: range) -> bool:
    """Whether some of these alerts were delivered, but hardly all."""
    return not seqs or len(server.received) > seqs.start + 3
