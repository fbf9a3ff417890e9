"""A run with a gallery points to the law once: real processes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.parts.law_notice import LAW as SENTENCE
from pipeline.parts.law_notice import law_notice
from tests.synthetic.world import ROOT, World

LAW = SENTENCE.format(page=ROOT / "docs" / "legal.md")
pytestmark = pytest.mark.slow  # starts the program several times


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("law"), names=("Ada",), seconds=1, size=(160, 120), face_px=(20, 30))


def run(world: World, gallery: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    command = ["run", str(world.clip), "--config", str(world.config), "--gallery", str(gallery), "--bind", "none"]
    return subprocess.run(
        [sys.executable, "-m", "glimpse", *command, *flags],
        cwd=ROOT, check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.timeout(120)
def test_the_second_run_says_nothing(world: World) -> None:
    gallery = world.enroll(world.folder / "once.db", {0: "Ada"})
    assert [run(world, gallery).stderr.count(LAW) for _ in range(2)] == [1, 0]


@pytest.mark.timeout(120)
def test_json_and_quiet_runs_stay_clean_and_leave_it_for_a_run_that_is_read(world: World) -> None:
    gallery = world.enroll(world.folder / "clean.db", {0: "Ada"})
    as_json, quiet = run(world, gallery, "--json"), run(world, gallery, "--log-level", "warning")
    json.loads(as_json.stdout)
    assert LAW not in as_json.stdout + as_json.stderr + quiet.stdout + quiet.stderr
    assert LAW in run(world, gallery).stderr


def test_there_is_nothing_to_say_without_a_gallery(tmp_path: Path) -> None:
    assert law_notice("") == ""
    assert law_notice(str(tmp_path / "none.db")) == ""
