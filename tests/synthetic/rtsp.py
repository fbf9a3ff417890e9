"""Starts and steers the RTSP camera of rtsp_server.py; see there for what it speaks."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("rtsp_server.py")


@dataclass
class RtspServer:
    """A running camera. After `kill`, `start` brings it back on the same port."""

    config: dict[str, Any]
    port: int = 0
    process: subprocess.Popen[str] = field(init=False, repr=False)

    def start(self) -> None:
        config = json.dumps(self.config | {"port": self.port})
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([sys.executable, str(SCRIPT), config], stdin=pipe, stdout=pipe, text=True)
        self.port = int(self._line())

    def url(self, mount: str, *, user: str | None = None, password: str | None = None) -> str:
        user = self.config["user"] if user is None else user
        password = self.config["password"] if password is None else password
        login = f"{user}:{password}@" if user else ""
        return f"rtsp://{login}127.0.0.1:{self.port}/{mount}"

    def kill(self) -> None:
        """SIGKILL: the kernel closes its connections, nothing is said."""
        self.process.kill()
        self._reap()

    def freeze(self) -> None:
        """SIGSTOP: connections stay open and nothing is sent; new ones are accepted by the kernel and not answered."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def command(self, word: str) -> None:
        """`next` clip of every mount, or `drop` all connections."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        assert self._line() == "ok"

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        if not line:
            raise RuntimeError(f"the RTSP server ended with {self.process.wait(5)}")
        return line

    def _reap(self) -> None:
        self.process.wait(5)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def rtsp_server(
    mounts: Mapping[str, Path | Sequence[Path]], *, user: str = "", password: str = "", **options: Any
) -> Iterator[RtspServer]:
    """Serve clips under their mount names; several clips of one mount are switched by `command("next")`.

    options: `silent` (accepts connections, answers nothing), `mute` (plays, sends no frame), `camera_clock` (seconds
    the camera's clock is ahead), `reports` (False: no RTCP sender reports), `udp_only`, `skip` (units left out at
    the start, so that it begins between key frames), `spoil` (every n-th picture is broken, key frames are not).
    """
    paths = {name: [str(path) for path in ([it] if isinstance(it, Path) else it)] for name, it in mounts.items()}
    server = RtspServer({"mounts": paths, "user": user, "password": password, **options})
    server.start()
    try:
        yield server
    finally:
        if server.process.returncode is None:
            server.kill()
