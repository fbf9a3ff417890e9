"""The benchmarks of the whole pipeline run from a clone, on painted people, and their tables add up."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.synthetic.world import ROOT, World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def run(module: str, *arguments: str | Path) -> str:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=170)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_offline_stages_add_up_to_the_whole(tmp_path: Path) -> None:
    world = World(tmp_path / "world", seconds=3)
    models = ("--detector", world.detector, "--recognizer", world.recognizer, "--gallery", world.gallery)
    text = run("benchmarks.pipeline", "--rounds", "1", "--source", world.clip, *models)
    assert "| frames | 36 |" in text
    rows = re.findall(r"^\| (\w+) \| ([\d.]+) \| (\d+) % \|$", text, re.MULTILINE)
    assert [name for name, _, _ in rows] == "wait detect track cut embed decide tell sinks rest".split()
    assert sum(int(share) for _, _, share in rows) == pytest.approx(100, abs=5)  # each is rounded
    assert all(float(each) > 0 for name, each, _ in rows if name in ("detect", "track", "cut", "embed"))
    assert str(tmp_path) not in text


def test_a_short_live_run_loses_nothing() -> None:
    text = run("benchmarks.live", "--seconds", "5", "--cameras", "2")
    assert re.search(r"lost, twice, out of order \| 0, 0, 0 of [1-9]", text)
    assert len(re.findall(r"^\| cam\d \| [1-9]\d* frames processed", text, re.MULTILINE)) == 2


def test_a_schedule_costs_less_than_every_frame_and_follows_the_same_people(tmp_path: Path) -> None:
    world = World(tmp_path / "world", seconds=2, size=(1280, 720), face_px=(60, 80))
    text = run("benchmarks.schedule", "--detector", world.detector, world.clip)
    rows = {cells[1]: cells for line in text.splitlines() if len(cells := line.strip("| ").split(" | ")) == 8}
    assert rows["every frame"][2:] == ["1.000 of 3", "none", rows["every frame"][4], "0.00", "1.00", "1.00"]
    assert rows["scan 1 s, motion 0.25 s"][2] == "1.000 of 3"
    assert float(rows["scan 1 s, motion 0.25 s"][6]) < 0.6
    assert str(tmp_path) not in text


def test_the_cost_of_rooms_is_measured_beside_a_real_node() -> None:
    text = run("benchmarks.rooms", "--pairs", "1", "--seconds", "2")
    assert len(re.findall(r"^\| (?:median latency|p99 latency) \| [\d.]+ ms \| [\d.]+ ms \|", text, re.MULTILINE)) == 2
    assert re.search(r"^\| events \| [1-9]\d* \| [1-9]\d* \|", text, re.MULTILINE)
