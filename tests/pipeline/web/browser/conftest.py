"""One server serves several tests here, so threads of its pool may outlive a test; no others."""

import threading
from collections.abc import Iterator

import pytest

POOL = "AnyIO worker thread"


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    """In place of the check of all tests."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and thread.name != POOL]
    for thread in left:
        thread.join(timeout=2)
    assert [thread.name for thread in left if thread.is_alive()] == []
