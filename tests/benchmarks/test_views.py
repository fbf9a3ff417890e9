"""The benchmark of views measures both makers on the same faces."""

from benchmarks.views import measure_row
from distill.config import StudentSettings


def test_a_row_has_both_times_and_their_ratio() -> None:
    name, size, opencv, torch_time, ratio = measure_row("s16", StudentSettings(16), 48, 1)
    assert (name, size) == ("s16", "16")
    assert float(opencv) > 0
    assert float(ratio) > 0
    assert float(torch_time) > 0
