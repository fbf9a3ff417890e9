"""Blocked calls of PyAV can be interrupted. These tests fail when a new PyAV asks another clock."""

import socket
import threading
import time
from collections.abc import Iterator

import av
import pytest

from pipeline.capture.ffmpeg_interrupt import FFmpegInterrupt

LONG_SECONDS = 15.0


@pytest.fixture
def silent_url() -> Iterator[str]:
    """The URL of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"rtsp://127.0.0.1:{server.getsockname()[1]}/x"


def blocked(url: str, interrupt: FFmpegInterrupt | None, *, limit: float = LONG_SECONDS) -> float:
    """Open a URL that never answers; returns the seconds until the call into FFmpeg failed."""
    if interrupt:
        interrupt.bind()
    began = time.monotonic()
    with pytest.raises(av.FFmpegError):
        av.open(url, timeout=limit)
    return time.monotonic() - began


def in_thread(
    url: str, interrupt: FFmpegInterrupt | None, *, limit: float = LONG_SECONDS
) -> tuple[threading.Thread, list[float]]:
    took: list[float] = []
    thread = threading.Thread(target=lambda: took.append(blocked(url, interrupt, limit=limit)))
    thread.start()
    return thread, took


def test_set_from_another_thread(silent_url: str) -> None:
    interrupt = FFmpegInterrupt()
    thread, took = in_thread(silent_url, interrupt)
    interrupt.set()
    thread.join()
    assert took[0] < LONG_SECONDS / 3
    assert not interrupt.expired


def test_later_calls_are_interrupted_too(silent_url: str) -> None:
    interrupt = FFmpegInterrupt()
    interrupt.set()
    for _ in range(3):
        thread, took = in_thread(silent_url, interrupt)
        thread.join()
        assert took[0] < LONG_SECONDS / 3


def test_deadline_can_be_moved_and_removed() -> None:
    now = [0.0]
    interrupt = FFmpegInterrupt(clock=lambda: now[0])
    interrupt.set_deadline(5)
    now[0] = 4
    assert not interrupt.expired
    interrupt.set_deadline(5)
    now[0] = 8
    assert not interrupt.expired
    now[0] = 9.5
    assert interrupt.expired
    interrupt.set_deadline(None)
    assert not interrupt.expired


def test_deadline_ends_the_call(silent_url: str) -> None:
    interrupt = FFmpegInterrupt()
    interrupt.set_deadline(0.1)
    thread, took = in_thread(silent_url, interrupt)
    thread.join()
    assert 0.1 <= took[0] < LONG_SECONDS / 3
    assert interrupt.expired


def test_other_threads_are_not_interrupted(silent_url: str) -> None:
    interrupt = FFmpegInterrupt()
    interrupt.set()
    first, _ = in_thread(silent_url, interrupt)
    other, took = in_thread(silent_url, None, limit=0.3)
    first.join()
    other.join()
    assert took[0] >= 0.3
