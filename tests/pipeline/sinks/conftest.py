"""Times of day in these tests are those of one place, whatever machine runs them."""

import time
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from _stand_in("UTC", monkeypatch)


@pytest.fixture
def zurich(_utc: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process stands in Zurich."""
    yield from _stand_in("Europe/Zurich", monkeypatch)


def _stand_in(zone: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        yield
    time.tzset()
