"""The way into PyAV's blocked calls: if a new PyAV closes it, these tests say so."""

import socket
import threading
import time
from collections.abc import Iterator

import av
import pytest

from pipeline.capture.ffmpeg_interrupt import FFmpegInterrupt

LONG = 15.0


@pytest.fixture
def nowhere() -> Iterator[str]:
    """The URL of somebody who accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"rtsp://127.0.0.1:{server.getsockname()[1]}/x"


def blocked(url: str, interrupt: FFmpegInterrupt | None, *, limit: float = LONG) -> float:
    """Seconds until a call into FFmpeg came back."""
    if interrupt:
        interrupt.bind()
    began = time.monotonic()
    with pytest.raises(av.FFmpegError):
        av.open(url, timeout=limit)
    return time.monotonic() - began


def in_thread(
    url: str, interrupt: FFmpegInterrupt | None, *, limit: float = LONG
) -> tuple[threading.Thread, list[float]]:
    took: list[float] = []
    thread = threading.Thread(target=lambda: took.append(blocked(url, interrupt, limit=limit)))
    thread.start()
    return thread, took


def test_set_from_another_thread(nowhere: str) -> None:
    interrupt = FFmpegInterrupt()
    thread, took = in_thread(nowhere, interrupt)
    interrupt.set()
    thread.join()
    assert took[0] < LONG / 3
    assert not interrupt.expired


def test_it_holds_for_later_calls_too(nowhere: str) -> None:
    interrupt = FFmpegInterrupt()
    interrupt.set()
    for _ in range(3):
        thread, took = in_thread(nowhere, interrupt)
        thread.join()
        assert took[0] < LONG / 3


def test_a_limit_can_be_moved_and_lifted() -> None:
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


def test_a_limit_ends_the_call(nowhere: str) -> None:
    interrupt = FFmpegInterrupt()
    interrupt.set_deadline(0.1)
    thread, took = in_thread(nowhere, interrupt)
    thread.join()
    assert 0.1 <= took[0] < LONG / 3
    assert interrupt.expired


def test_other_threads_keep_their_own_time(nowhere: str) -> None:
    interrupt = FFmpegInterrupt()
    interrupt.set()
    first, _ = in_thread(nowhere, interrupt)
    other, took = in_thread(nowhere, None, limit=0.6)
    first.join()
    other.join()
    assert took[0] >= 0.6
