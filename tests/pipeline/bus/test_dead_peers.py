"""Dead connections are found by TCP, because a heartbeat of libzmq can end the whole process."""

import subprocess
import sys
import textwrap
from contextlib import closing

import pytest
import zmq

from pipeline.bus import replay
from pipeline.bus.client import Subscriber
from pipeline.bus.publisher import Publisher
from tests.synthetic.events import sockets
from tests.synthetic.world import ROOT


def is_watched_by_tcp_alone(socket: zmq.Socket[bytes]) -> bool:
    probes = (socket.tcp_keepalive, socket.tcp_keepalive_idle, socket.tcp_keepalive_intvl)
    return probes == (1, 5, 5) and socket.tcp_maxrt != 0 and socket.heartbeat_ivl == 0


def test_no_socket_sends_heartbeats_and_all_probe_their_peers() -> None:
    with closing(Publisher("tcp://127.0.0.1:*", node="node", epoch="e1")) as bus, Subscriber(bus.address) as subscriber:
        assert is_watched_by_tcp_alone(bus._socket)
        assert is_watched_by_tcp_alone(subscriber._events)
        assert is_watched_by_tcp_alone(subscriber._requests)
    with sockets() as context, context.socket(zmq.ROUTER) as router:
        replay._bind(router, "tcp://127.0.0.1:*", None)
        assert is_watched_by_tcp_alone(router)


SUBSCRIBER = """
import subprocess, sys, time
from pipeline.bus import client

NODE = '''
import sys
from pipeline.bus.publisher import Publisher
from tests.synthetic.events import track
bus = Publisher("tcp://127.0.0.1:*", node="node", epoch="e1")
print(bus.address, flush=True)
for seq in range(10**9):
    bus.on_event(track(seq, reason="x" * 2000))
'''
client._RECEIVE_QUEUE_MESSAGES = 10
with subprocess.Popen([sys.executable, "-c", NODE], stdout=subprocess.PIPE, text=True) as node:
    with client.Subscriber(node.stdout.readline().strip(), start="live") as subscriber:
        assert subscriber.receive(10)
        time.sleep(1)
        node.kill()
        node.wait()
        time.sleep(7)
"""


@pytest.mark.slow
def test_a_subscriber_that_does_not_read_survives_the_death_of_its_node() -> None:
    command = [sys.executable, "-c", textwrap.dedent(SUBSCRIBER)]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, timeout=18).returncode == 0
