"""The suite runs the same wherever it is started from."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NUMBERS = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM)
IGNORE = (
    "import os, signal, sys; [signal.signal(n, signal.SIG_IGN) for n in {numbers}]; os.execv(sys.argv[1], sys.argv[1:])"
)
REPORT = (
    "import tests.conftest, subprocess, sys;"
    "subprocess.run([sys.executable, '-c', 'import signal; signal.raise_signal({number}); print(1)'], stdin=-3)"
)


@pytest.mark.slow
@pytest.mark.parametrize("number", NUMBERS)
def test_children_heed_signals_though_the_suite_was_started_in_the_background(number: signal.Signals) -> None:
    ignore = IGNORE.format(numbers=[int(number) for number in NUMBERS])
    report = REPORT.format(number=int(number))
    command = [sys.executable, "-c", ignore, sys.executable, "-c", report]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == "", "the child outlived the signal"
    assert done.returncode == 0, done.stderr


def test_a_child_of_a_failed_test_is_not_waited_for() -> None:
    endless = [sys.executable, "-c", "import threading; threading.Event().wait()"]
    with pytest.raises(AssertionError), subprocess.Popen(endless) as child:
        raise AssertionError
    assert child.returncode == -signal.SIGKILL
