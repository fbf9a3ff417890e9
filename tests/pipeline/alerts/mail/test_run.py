"""The process of mail beside a real bus and a real server: killed, it goes on under the same Message-ID."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.synthetic.alerts import Beats, alert, alerts_bus, status_of
from tests.synthetic.certificates import write_certificates
from tests.synthetic.events import until
from tests.synthetic.smtp import PASSWORD, USER, smtp_server

ROOT = Path(__file__).parents[4]


@contextmanager
def process(config: Path) -> Iterator[subprocess.Popen[bytes]]:
    arguments = [sys.executable, "-m", "glimpse", "mail", "--config", str(config)]
    environment = {**os.environ, "MAIL_PASSWORD": PASSWORD, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(arguments, cwd="/", env=environment) as running:
        yield running


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_process_that_is_killed_goes_on_and_loses_nothing(tmp_path: Path) -> None:
    database = tmp_path / "mail.db"
    with alerts_bus(tmp_path) as bus, smtp_server(write_certificates(tmp_path)) as inbox:
        beats, config = Beats(bus), tmp_path / "site.yaml"
        section = {
            "server": f"127.0.0.1:{inbox.port}",
            "ca": "ca.pem",
            "username": USER,
            "password": "${env:MAIL_PASSWORD}",
            "sender": "glimpse@example.org",
            "recipients": ["a@example.org"],
            "file": "mail.db",
            "digest_after": 1000,
        }
        config.write_text(yaml.safe_dump({"alerts": {"bind": bus.address}, "mail": section}))
        with process(config) as running:
            until(lambda: status_of(database, "mail") is not None, seconds=30)
            for seq in range(15):
                bus.on_event(alert(seq, at=time.time()))
            beats.wait(lambda: len(inbox.mails) >= 3, 14, seconds=30)
            running.kill()
        with process(config) as running:
            beats.wait(lambda: len({mail["Message-ID"] for mail in inbox.mails}) == 15, 14, seconds=60)
            running.send_signal(signal.SIGTERM)
            assert running.wait() == 0
    subjects = list(dict.fromkeys(mail["Subject"] for mail in inbox.mails))
    assert subjects == [f"Ada at the door, number {seq}." for seq in range(15)]
    assert len(inbox.mails) <= 16
