"""What was counted is kept clip by clip, and an interrupted run goes on."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from benchmarks.flat.journal import Job, open_journal, run_all
from benchmarks.flat.seen import Seen

SEEN = [Seen(warned=True, named=False, heights=[16.25, 17.0])]


def watch(clip: str, calls: list[str], *, broken: str = "") -> list[Seen]:
    if clip == broken:
        raise RuntimeError(clip)
    calls.append(clip)
    return SEEN


def run(path: Path, calls: list[str], *, broken: str = "", say: Callable[[str], object] = str) -> dict[str, list[Seen]]:
    jobs: dict[str, Job] = {clip: partial(watch, clip, calls, broken=broken) for clip in ("a", "b", "c")}
    with open_journal(path, "command") as journal, ThreadPoolExecutor(1) as pool:
        run_all(jobs, pool, journal, say)
        return journal.done


def test_an_interrupted_run_goes_on_with_what_is_left(tmp_path: Path) -> None:
    calls: list[str] = []
    said: list[str] = []
    with pytest.raises(RuntimeError, match="b"):
        run(tmp_path / "flat.jsonl", calls, broken="b")
    before = set(calls)
    assert run(tmp_path / "flat.jsonl", calls, say=said.append) == {"a": SEEN, "b": SEEN, "c": SEEN}
    assert before <= set(calls)
    assert said[0].endswith("of 3 clips were done before")
    assert said[-1].startswith("3 of 3: ")
    count = len(calls)
    run(tmp_path / "flat.jsonl", calls)
    assert len(calls) == count


def test_a_torn_line_is_done_again(tmp_path: Path) -> None:
    calls: list[str] = []
    path = tmp_path / "flat.jsonl"
    run(path, calls)
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    assert run(path, calls) == {"a": SEEN, "b": SEEN, "c": SEEN}
    assert len(calls) == 4
    assert sorted(path.read_bytes().splitlines()) == sorted(whole.splitlines())


def test_clips_of_another_run_are_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "flat.jsonl"
    run(path, [])
    with pytest.raises(ValueError, match="expected clips of other, got those of command"), open_journal(path, "other"):
        pass
    path.write_text("{}\n")
    with pytest.raises(ValueError, match="line 1: expected a clip"), open_journal(path, "other"):
        pass
