"""`python -m glimpse.tethered COMMAND …`: a `glimpse` command that ends when its parent does.

The parent holds the other end of standard input. Where it is killed, the system closes that end: on every system, and
also with SIGKILL.
"""

import os
import signal
import sys
import threading

from glimpse.__main__ import main


def end_with_parent() -> None:
    """Wait for the end of standard input in a thread, then end this process as SIGTERM does."""

    def wait() -> None:
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="tether", daemon=True).start()


if __name__ == "__main__":
    end_with_parent()
    sys.exit(main())
