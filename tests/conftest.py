"""Fixtures for all tests: the research data, signals and children, and a check that no thread is left running."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from pipeline.secrets.known_secrets import KNOWN_SECRETS
from pipeline.site.site_time import use_zone

REPOSITORY = Path(__file__).parents[1]


def pytest_report_header() -> list[str]:
    """Say which folders are left out, and why."""
    left_out = {"torch": "tests/distill and tests/benchmarks", "trackers": "tests/benchmarks"}
    missing = [package for package in left_out if find_spec(package) is None]
    return [f"not collected: {left_out[package]}: {package} is not installed (extra dev)" for package in missing[:1]]


def shared_folder() -> Path | None:
    """`$GLIMPSE_SHARED`, or `../shared` beside the repository; None where it is missing."""
    folder = Path(os.environ.get("GLIMPSE_SHARED", REPOSITORY.parent / "shared"))
    return folder if (folder / "models").is_dir() else None


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of research data and models; skips the test without it."""
    folder = shared_folder()
    if folder is None:
        pytest.skip("no ../shared (set GLIMPSE_SHARED)")
    return folder


def heed_signals() -> None:
    """Undo what a shell does to a program that it starts in the background, or nohup: SIGINT and others are ignored, by
    its children too, and a test that sends one to a child would wait for ever."""
    numbers = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)
    for number in numbers:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


heed_signals()  # before the first module of tests starts a child


@pytest.fixture(autouse=True)
def _no_child_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """`with Popen(...)` waits for the child even if the test has failed or was too slow: then it is killed first."""
    leave = subprocess.Popen.__exit__

    def kill_and_leave(child: subprocess.Popen[Any], kind: type[BaseException] | None, *rest: Any) -> None:
        if kind is not None:
            child.kill()
        leave(child, kind, *rest)

    monkeypatch.setattr(subprocess.Popen, "__exit__", kill_and_leave)


@pytest.fixture(autouse=True)
def _no_site_left() -> Iterator[None]:
    """The site of one test is none in the next."""
    yield
    use_zone("")


@pytest.fixture(autouse=True)
def _no_secret_left() -> Iterator[None]:
    """What one test calls a secret is none in the next."""
    yield
    KNOWN_SECRETS.clear()


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    """A test that leaves a thread running fails: a camera box that leaks one per reconnect dies within days."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and thread.is_alive()]
    for thread in left:
        thread.join(timeout=2)
    names = [thread.name for thread in left if thread.is_alive()]
    assert not names, f"threads left running: {names}"
