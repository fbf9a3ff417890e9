"""`python -m glimpse.tethered COMMAND …`: a `glimpse` command that ends when its parent does, and gives way to it.

The parent holds the other end of standard input. Where it is killed, the system closes that end: on every system, and
also with SIGKILL.
"""

import os
import signal
import sys
import threading

from glimpse.__main__ import main

NICENESS = 15  # on a busy core, a process of niceness 0 gets 28 times as much as this one (sched(7))


def yield_to_engine() -> None:
    """Lower this process's priority, unless it is as low already."""
    os.nice(max(0, NICENESS - os.nice(0)))


def end_with_parent() -> None:
    """Wait for the end of standard input in a thread, then end this process as SIGTERM does."""

    def wait() -> None:
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="tether", daemon=True).start()


if __name__ == "__main__":
    yield_to_engine()
    end_with_parent()
    sys.exit(main())
