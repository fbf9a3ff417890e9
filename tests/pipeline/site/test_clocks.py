"""Clocks that are off, in words, and what the kernel of this machine says of its own."""

import sys

import pytest

from pipeline.events import NodeClock
from pipeline.site.clocks import KernelClock, node_clock, read_kernel, why_camera_clock, why_node_clock


@pytest.mark.skipif(sys.platform != "linux", reason="adjtimex(2) is a call of Linux")
def test_the_kernel_answers_without_rights() -> None:
    found = read_kernel()
    assert found is None or (0 <= found.answer <= 5 and 0 <= found.max_error < 1e5)


def test_another_system_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert node_clock(read_kernel()) is None
    assert why_node_clock(None) is None


@pytest.mark.parametrize(
    ("kernel", "words"),
    [
        (KernelClock(0x2001, 0.012, 0), None),
        (KernelClock(0x2001, 2.0, 0), None),
        (KernelClock(0x2001, 2.4, 0), "has a clock that may be off by 2.4 s"),
        (KernelClock(0x0040, 16.0, 5), "has a clock that no time server sets (NTP)"),
        (KernelClock(0x0000, 16.0, 5), "has a clock that no time server sets (NTP)"),
    ],
)
def test_a_clock_of_a_node_in_words(kernel: KernelClock, words: str | None) -> None:
    assert why_node_clock(node_clock(kernel)) == words


def test_nobody_knows_by_how_much_a_clock_is_off_that_nothing_sets() -> None:
    assert node_clock(KernelClock(0x40, 16.0, 5)) == NodeClock(synchronised=False, max_error=None)


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        (None, None),
        (2.0, None),
        (-2.0, None),
        (2.1, "its clock is 2.1 s ahead of the node's"),
        (999.6, "its clock is 16.7 min ahead of the node's"),
        (-2.5, "its clock is 2.5 s behind the node's, or its pictures arrive so late"),
        (-7200.0, "its clock is 2.0 h behind the node's, or its pictures arrive so late"),
        (-1.7e9, "its clock is 19675.9 days behind the node's, or its pictures arrive so late"),
    ],
)
def test_a_clock_of_a_camera_in_words(offset: float | None, words: str | None) -> None:
    assert why_camera_clock(offset) == words
