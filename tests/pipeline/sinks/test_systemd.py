"""What a service manager hears of a node, on a real socket."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.event_factory import EventFactory
from pipeline.events import CameraHealth, HealthEvent
from pipeline.sinks.systemd import SystemdSink, systemd_socket
from pipeline.types import CameraState
from tests.synthetic.events import track


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(2)
        yield listening


def heartbeat() -> HealthEvent:
    camera = CameraHealth(state=CameraState.LIVE, frames=1, dropped=0, tracks=2, frame_age=0.1)
    return EventFactory("node", "e").health(0.0, {"door": camera}, uptime=1.0, people=5, latency=(None, None))


def test_it_is_ready_with_the_first_heartbeat_alive_with_each_and_says_that_it_stops(manager: socket.socket) -> None:
    sink = SystemdSink(str(manager.getsockname()))
    sink.on_event(track(0))
    sink.on_event(heartbeat())
    assert manager.recv(999) == b"READY=1\nWATCHDOG=1"
    sink.on_event(heartbeat())
    assert manager.recv(999) == b"WATCHDOG=1\nSTATUS=1 of 1 cameras live, 2 faces, 5 people enrolled"
    sink.close()
    sink.close()
    assert manager.recv(999) == b"STOPPING=1"


def test_a_manager_that_is_gone_or_does_not_listen_stops_nothing(tmp_path: Path, manager: socket.socket) -> None:
    gone, full = SystemdSink(str(tmp_path / "none")), SystemdSink(str(manager.getsockname()))
    for sink in (gone, full):
        for _ in range(2000):  # far more than a socket holds
            sink.on_event(heartbeat())
        sink.close()


@pytest.mark.parametrize(
    ("variables", "address"),
    [({}, ""), ({"NOTIFY_SOCKET": "/run/x"}, "/run/x"), ({"NOTIFY_SOCKET": "@abstract"}, "\0abstract")],
)
def test_the_socket_is_that_of_the_environment(variables: dict[str, str], address: str) -> None:
    assert systemd_socket(variables) == address
