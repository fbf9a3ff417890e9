"""Clips are cut once, a few at a time, and are gone soon after."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.web.clip_cache import KEEP_SECONDS, MOST_KEPT, BusyError, ClipCache


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def cache(now: list[float]) -> Iterator[ClipCache]:
    made = ClipCache(lambda: now[0])
    yield made
    made.close()


def test_a_clip_is_cut_once_and_deleted_after_a_while(cache: ClipCache, now: list[float]) -> None:
    first = cache.get("a", lambda path: path.write_bytes(b"film"))
    assert cache.get("a", pytest.fail) == first
    now[0] = KEEP_SECONDS + 1
    second = cache.get("b", Path.touch)
    assert not first.exists()
    assert first.parent.stat().st_mode & 0o777 == 0o700
    cache.close()
    assert not second.parent.exists()


def test_no_more_are_kept_than_that(cache: ClipCache) -> None:
    paths = [cache.get(number, Path.touch) for number in range(MOST_KEPT + 3)]
    assert sum(path.exists() for path in paths) <= MOST_KEPT + 1
    assert paths[-1].exists()


def test_a_third_is_refused_while_two_are_cut(cache: ClipCache) -> None:
    go, began = threading.Event(), threading.Semaphore(0)

    def cut(path: Path) -> None:
        began.release()
        go.wait(10)
        path.touch()

    threads = [threading.Thread(target=cache.get, args=(number, cut)) for number in range(2)]
    for thread in threads:
        thread.start()
        began.acquire(timeout=10)
    with pytest.raises(BusyError):
        cache.get(2, Path.touch)
    go.set()
    for thread in threads:
        thread.join()
    assert cache.get(2, Path.touch).exists()


def test_a_cut_that_fails_frees_its_place(cache: ClipCache) -> None:
    for _ in range(5):
        with pytest.raises(ValueError, match="nothing"):
            cache.get("a", _fail)


def _fail(_: Path) -> None:
    raise ValueError("nothing was recorded")
