"""`glimpse metrics` beside a real publisher."""

import http.client
import re
import signal
import subprocess
import sys

import pytest

from glimpse.command.app import main
from pipeline.bus.publisher import Publisher
from pipeline.types import CameraState
from tests.pipeline.metrics.test_readiness import heartbeat


@pytest.mark.slow
def test_a_running_node_is_scraped_until_it_is_told_to_stop() -> None:
    publisher = Publisher("tcp://127.0.0.1:*", node="node", epoch="e")
    command = [sys.executable, "-m", "glimpse", "metrics", publisher.address, "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            port = re.search(r"http://127\.0\.0\.1:(\d+)/metrics", process.stderr.readline())
            assert port
            while True:  # until the subscription has reached the publisher
                publisher.on_event(heartbeat(CameraState.LIVE))
                connection = http.client.HTTPConnection("127.0.0.1", int(port[1]), timeout=5)
                connection.request("GET", "/health/ready")
                if connection.getresponse().status == 200:
                    break
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        finally:
            process.kill()
            publisher.close()


@pytest.mark.slow
def test_figures_of_two_nodes_do_not_overwrite_each_other() -> None:
    publishers = [Publisher("tcp://127.0.0.1:*", node=name, epoch="e") for name in ("door", "yard")]
    addresses = [publisher.address for publisher in publishers]
    command = [sys.executable, "-m", "glimpse", "metrics", *addresses, "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            port = re.search(r"http://127\.0\.0\.1:(\d+)/metrics", process.stderr.readline())
            assert port
            text = ""
            while 'glimpse_up{node="door"}' not in text or 'glimpse_up{node="yard"}' not in text:
                publishers[0].on_event(heartbeat(CameraState.LIVE, node="door"))
                publishers[1].on_event(heartbeat(CameraState.STALLED, node="yard"))
                connection = http.client.HTTPConnection("127.0.0.1", int(port[1]), timeout=5)
                connection.request("GET", "/metrics")
                text = connection.getresponse().read().decode()
            for node, state in (("door", "live"), ("yard", "stalled")):
                assert f'glimpse_camera_state{{camera="c0",node="{node}",state="{state}"}} 1.0' in text
        finally:
            process.kill()
            for publisher in publishers:
                publisher.close()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "ADDRESS: expected the address of a node"),
        (["tcp://127.0.0.1:1", "--listen", "9464"], "--listen 9464: expected HOST:PORT"),
        (["tcp://127.0.0.1:1", "--listen", "a:99999"], "--listen a:99999: expected HOST:PORT"),
        (["nowhere"], "nowhere"),
    ],
)
def test_wrong_use_is_said(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", *words]) == 2
    assert sentence in capsys.readouterr().err
