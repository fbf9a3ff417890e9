"""Whole searches beside the engine: order, newest frames, failures and the end. The search waits for the test."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

from detectors.base import Detections
from pipeline.scan.scout import Scan, Scout
from pipeline.types import Frame

SECONDS = 10  # a test that waits for longer has failed


class HeldSearch:
    """Searches one frame each time the test says so."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self._begun, self._go = threading.Semaphore(0), threading.Semaphore(0)

    def __call__(self, frame: Frame) -> Detections:
        self.frames.append(frame)
        self._begun.release()
        assert self._go.acquire(timeout=SECONDS)
        return Detections(np.array([[0, 0, frame.index, 9]], np.float32), np.array([0.9], np.float32))

    def wait(self) -> None:
        assert self._begun.acquire(timeout=SECONDS)

    def finish(self) -> None:
        self._go.release()


@pytest.fixture
def search() -> HeldSearch:
    return HeldSearch()


@pytest.fixture
def scout(search: HeldSearch) -> Iterator[Scout]:
    scout = Scout(search)
    yield scout
    for _ in range(100):
        search.finish()
    scout.close()


def frame(camera: str, index: int) -> Frame:
    return Frame(camera, index, index / 10, 0.0, 0.0, np.zeros((30, 40, 3), np.uint8))


def take(scout: Scout, camera: str) -> Scan:
    """Wait for a result; the scout gives no sign, so look again."""
    tick = threading.Event()
    for _ in range(1000 * SECONDS):
        if scan := scout.take(camera):
            return scan
        tick.wait(0.001)
    raise AssertionError("no scan came")


def test_a_scan_comes_once_with_the_time_and_size_of_its_frame(scout: Scout, search: HeldSearch) -> None:
    scout.ask(frame("door", 7))
    search.wait()
    assert scout.take("door") is None
    search.finish()
    scan = take(scout, "door")
    assert (scan.media_time, scan.size, scan.found.boxes[0, 2]) == (0.7, (40, 30), 7)
    assert scout.take("door") is None


def test_the_newest_frame_replaces_one_that_waits(scout: Scout, search: HeldSearch) -> None:
    scout.ask(frame("yard", 0))
    search.wait()
    scout.ask(frame("door", 1))
    scout.ask(frame("door", 2))
    search.finish()
    search.wait()
    assert [(one.camera, one.index) for one in search.frames] == [("yard", 0), ("door", 2)]


def test_a_camera_asks_again_only_after_it_took_its_scan(scout: Scout, search: HeldSearch) -> None:
    scout.ask(frame("door", 1))
    search.wait()
    scout.ask(frame("door", 2))
    search.finish()
    take(scout, "door")
    scout.ask(frame("door", 3))
    search.wait()
    assert [one.index for one in search.frames] == [1, 3]


def test_the_camera_whose_scan_is_longest_ago_comes_first(scout: Scout, search: HeldSearch) -> None:
    order = []
    scout.ask(frame("a", 0))
    search.wait()
    for _ in range(5):
        for camera in ("a", "b", "c"):
            scout.ask(frame(camera, 1))
        search.finish()
        search.wait()
        order.append(search.frames[-1].camera)
        for camera in ("a", "b", "c"):
            scout.take(camera)
    assert set(order[:2]) == {"b", "c"}
    assert {order.count(camera) for camera in ("a", "b", "c")} <= {1, 2}


def test_a_search_that_fails_is_logged_and_several_in_a_row_are_raised(caplog: pytest.LogCaptureFixture) -> None:
    calls = iter([True, False, True, True, True])
    begun = threading.Semaphore(0)

    def sometimes(frame: Frame) -> Detections:
        begun.release()
        if next(calls):
            raise RuntimeError("no memory")
        return Detections.empty()

    with closing(Scout(sometimes)) as scout:
        scout.ask(frame("door", 1))
        assert begun.acquire(timeout=SECONDS)
        scout.ask(frame("yard", 1))
        assert len(take(scout, "yard").found) == 0
        assert "door: a whole search failed: no memory" in caplog.messages
        for camera in ("a", "b", "c"):
            scout.ask(frame(camera, 1))
        with pytest.raises(RuntimeError, match="no memory"):
            take(scout, "a")


def test_closing_waits_for_the_search_and_refuses_more(search: HeldSearch) -> None:
    scout = Scout(search)
    scout.close()
    scout.ask(frame("door", 1))
    assert search.frames == []
    busy = Scout(search)
    busy.ask(frame("door", 2))
    busy.ask(frame("yard", 3))
    search.wait()
    search.finish()
    busy.close()
    assert len(search.frames) == 1


def test_the_scout_rests_so_that_searches_take_their_share_of_a_core() -> None:
    starts: list[float] = []

    def work(frame: Frame) -> Detections:
        starts.append(time.monotonic())
        began = time.thread_time()
        while time.thread_time() - began < 0.02:
            pass
        return Detections.empty()

    with closing(Scout(work, share=0.25)) as scout:
        for number in range(4):
            scout.ask(frame(f"camera {number}", 0))
        for number in range(4):
            take(scout, f"camera {number}")
    assert min(np.diff(starts)) >= 0.07
