"""Which cores a block runs on."""

import os

import pytest

from benchmarks.cores import on_cores


def fail_on(core: int) -> None:
    with on_cores({core}):
        assert os.sched_getaffinity(0) == {core}
        raise RuntimeError


def test_cores_are_given_back_also_after_an_error() -> None:
    before = os.sched_getaffinity(0)
    with pytest.raises(RuntimeError):
        fail_on(min(before))
    assert os.sched_getaffinity(0) == before
