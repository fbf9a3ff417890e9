"""Child processes that a long run starts, kills and freezes, and what /proc says of them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.synthetic.world import ROOT

STOP_SECONDS = 60.0
_END_SECONDS = 300.0
_SHOWN_BYTES = 2000


class EndedEarlyError(Exception):
    """A process ended that nobody had killed."""


@dataclass(frozen=True)
class Sample:
    """What a process held at a moment. seconds: since the first sample of the run. rss_mb: resident, MiB."""

    seconds: float
    rss_mb: float
    descriptors: int
    threads: int


class Child:
    """A Python program in a session of its own, so that Ctrl-C reaches only the program that started it.

    log: takes what it writes, after what others wrote.
    """

    def __init__(self, name: str, arguments: Sequence[str | Path], log: Path) -> None:
        self.name, self._log = name, log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, *map(str, arguments)],
                cwd=ROOT,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def check(self) -> None:
        """Raises EndedEarlyError, with the last lines of its output, where it no longer runs."""
        if not self.is_running:
            told = self._log.read_bytes()[-_SHOWN_BYTES:].decode(errors="replace")
            raise EndedEarlyError(f"{self.name} ended by itself with exit code {self._process.returncode}:\n{told}")

    def kill(self) -> None:
        """SIGKILL. Raises EndedEarlyError where it had ended before."""
        self._process.kill()
        if self._process.wait(STOP_SECONDS) != -signal.SIGKILL:
            self.check()

    def stop(self) -> int:
        """SIGTERM; returns the exit code. Raises EndedEarlyError where it had ended before."""
        self.check()
        self._process.terminate()
        return self._process.wait(STOP_SECONDS)

    def wait(self) -> None:
        """Let it end by itself. Raises EndedEarlyError where its exit code is not 0."""
        if self._process.wait(_END_SECONDS):
            self.check()

    def freeze(self, seconds: float) -> None:
        """Stand still for so long: SIGSTOP, then SIGCONT."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """Kill it if it still runs."""
        if self.is_running:
            self.kill()

    def sample(self, seconds: float) -> Sample:
        """What it holds now, from /proc (proc(5))."""
        proc = Path("/proc", str(self._process.pid))
        (line,) = [line for line in (proc / "status").read_text().splitlines() if line.startswith("VmRSS:")]
        descriptors, threads = (len(os.listdir(proc / kind)) for kind in ("fd", "task"))
        return Sample(seconds, int(line.split()[1]) / 1024, descriptors, threads)
