"""Fixtures for all tests: the research data, and a check that no thread is left running."""

import os
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from pipeline.secrets.known_secrets import KNOWN_SECRETS

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
    left = [thread.name for thread in left if thread.is_alive()]
    assert not left, f"threads left running: {left}"
