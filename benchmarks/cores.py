"""Keeps this process, and those it starts, on some cores."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def on_cores(cores: set[int]) -> Iterator[None]:
    """Run the block on these cores alone (sched_setaffinity(2)); afterwards on those as before."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
