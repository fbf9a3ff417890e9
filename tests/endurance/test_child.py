"""A child is killed, stopped and sampled; one that ends by itself is told with its last words."""

import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.endurance.child import Child, EndedEarlyError

# Says when it runs, with a line of its standard output.
SLEEPS = "import time; print('ready', flush=True); time.sleep(60)"


@contextmanager
def child(folder: Path, code: str) -> Iterator[Child]:
    log = folder / "log"
    with closing(Child("the child", ["-c", code], log)) as running:
        end = time.monotonic() + 10
        while running.is_running and b"ready" not in log.read_bytes() and time.monotonic() < end:
            pass
        yield running


def test_a_running_child_is_sampled_and_killed(tmp_path: Path) -> None:
    with child(tmp_path, SLEEPS) as running:
        sample = running.sample(3.0)
        assert (sample.seconds, sample.threads) == (3.0, 1)
        assert sample.rss_mb > 2
        assert sample.descriptors >= 3
        running.check()
        running.kill()
        assert not running.is_running


def test_a_frozen_child_goes_on(tmp_path: Path) -> None:
    with child(tmp_path, SLEEPS) as running:
        running.freeze(0.01)
        assert running.stop() == -signal.SIGTERM


def test_a_child_that_ended_by_itself_is_told_with_its_output(tmp_path: Path) -> None:
    with child(tmp_path, "raise SystemExit('a wall')") as ended:
        while ended.is_running:
            pass
        with pytest.raises(EndedEarlyError, match=r"the child ended by itself with exit code 1:\na wall"):
            ended.check()
        with pytest.raises(EndedEarlyError, match="a wall"):
            ended.kill()
