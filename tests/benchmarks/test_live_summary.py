"""What a live run counts as lost, repeated or disordered, and its summary."""

import pytest

from benchmarks.live_summary import INTERRUPTED_EXIT_CODE, Run, Sample, summary
from tests.synthetic.node import Event


def event(seq: int, *, kind: str = "track", camera: str = "cam1") -> Event:
    return {"epoch": "e", "kind": kind, "camera": camera, "seq": seq, "wall_time": 100.0 + seq}


def run(heard: list[int], written: list[int]) -> Run:
    arrived = [(event(seq), 100.0 + seq + 0.02) for seq in heard]
    return Run(heard=arrived, written=[event(seq) for seq in written], window=(0.0, 1e9), code=INTERRUPTED_EXIT_CODE)


@pytest.mark.parametrize(
    ("heard", "written", "counts"),
    [
        ([0, 1, 2], [0, 1, 2], (0, 0, 0)),
        ([1, 2], [0, 1, 2], (0, 0, 0)),  # what came before the first heard was not subscribed to
        ([0, 2], [0, 1, 2], (1, 0, 0)),
        ([0, 1], [0, 1, 2], (1, 0, 0)),  # the last one shows by no gap
        ([0, 1, 1, 2], [0, 1, 2], (0, 1, 0)),
        ([0, 2, 1], [0, 1, 2], (0, 0, 1)),
        ([], [0, 1], (2, 0, 0)),
    ],
)
def test_losses_repeats_and_disorder_are_counted(
    heard: list[int], written: list[int], counts: tuple[int, int, int]
) -> None:
    one = run(heard, written)
    assert (one.lost, one.duplicates, one.disordered) == counts
    assert bool(one.faults) == (any(counts) or not heard)


def test_topics_are_counted_apart() -> None:
    one = run([5], [5])
    one.heard.append((event(1, kind="identity"), 101.0))
    one.heard.append((event(1, camera="cam2"), 101.0))
    assert (one.lost, one.duplicates, one.disordered) == (0, 0, 0)


def test_a_program_that_ended_by_itself_is_a_fault() -> None:
    one = run([0], [0])
    one.code, one.output = 1, "out of memory"
    assert "out of memory" in one.faults[0]


def test_the_summary_says_latency_and_memory() -> None:
    one = run([0, 1, 2], [0, 1, 2])
    one.samples = [Sample(clock, 0.5 * clock, 100 + clock / 60, 8, 21) for clock in range(0, 301, 5)]
    text = summary(one)
    assert "p50 20.0, p99 20.0" in text
    assert "50 % of one core" in text
    assert "+1.00 MiB/min" in text
    assert "8 → 8" in text
