"""Names one run of a process that publishes events."""

import secrets
import time


def new_epoch(*, resumed: bool = False) -> str:
    """Names this run: sorts by its start, and differs between two processes that start in the same second.

    A resumed run makes the events of the interrupted one again; the end of its name says so in every event.
    """
    name = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()) + "-" + secrets.token_hex(3)
    return f"{name}-resumed" if resumed else name
