"""Tells systemd that the node works: ready with the first heartbeat, alive with each, and stopping at the end.

Protocol: sd_notify(3). A node whose engine stands still sends nothing, and systemd restarts it after WatchdogSec.
"""

import contextlib
import os
import socket
from collections.abc import Mapping

from pipeline.events import Event, HealthEvent
from pipeline.sink import FrameResult


def systemd_socket(environment: Mapping[str, str] = os.environ) -> str:
    """The address of the service manager's socket; empty where none has started this process."""
    address = environment.get("NOTIFY_SOCKET", "")
    return "\0" + address[1:] if address.startswith("@") else address


class SystemdSink:
    """A sink that notifies a service manager. address: as `systemd_socket` gives it; an unreachable one is ignored."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)
        self._is_ready = False

    def on_event(self, event: Event) -> None:
        """Send a sign of life with every heartbeat."""
        if isinstance(event, HealthEvent):
            self._send(f"WATCHDOG=1\nSTATUS={_describe(event)}" if self._is_ready else "READY=1\nWATCHDOG=1")
            self._is_ready = True

    def on_frame(self, result: FrameResult) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Say that the node stops; may be called twice."""
        if self._socket.fileno() >= 0:
            self._send("STOPPING=1")
            self._socket.close()

    def _send(self, message: str) -> None:
        with contextlib.suppress(OSError):
            self._socket.sendto(message.encode(), self._address)


def _describe(event: HealthEvent) -> str:
    """A line for `systemctl status`."""
    live = sum(camera.state == "live" for camera in event.cameras.values())
    tracks = sum(camera.tracks for camera in event.cameras.values())
    return f"{live} of {len(event.cameras)} cameras live, {tracks} faces, {event.people} people enrolled"
