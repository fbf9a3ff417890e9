"""What was made once is found again, under its own name alone."""

from pathlib import Path

import numpy as np

from benchmarks.fairness.kept import Arrays, keep


def test_arrays_are_made_once_for_each_name(tmp_path: Path) -> None:
    made = []

    def make() -> Arrays:
        made.append(1)
        return {"a": np.arange(3)}

    for name in ("first", "first", "second"):
        assert keep(tmp_path / "new", name, make)["a"].tolist() == [0, 1, 2]
    assert len(made) == 2
    keep(None, "first", make)
    assert len(made) == 3
