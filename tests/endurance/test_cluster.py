"""Six cameras, two raylets, two of them killed: nothing lost, nothing doubled, live again in time."""

import json
import subprocess
import sys

import pytest

from tests.synthetic.world import ROOT

pytest.importorskip("ray", reason="the extra cluster is not installed")

LIMIT_SECONDS = 10.0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_kills_of_raylets_lose_and_double_nothing() -> None:
    command = [sys.executable, "-m", "tests.endurance.cluster", "--cameras", "6", "--nodes", "2", "--kills", "2"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["named"] > 0
    assert [result[key] for key in ("lost", "twice", "doubled", "gaps")] == [0, 0, 0, 0]
    assert len(result["live_again_seconds"]) == 2
    assert max(result["live_again_seconds"]) < LIMIT_SECONDS
