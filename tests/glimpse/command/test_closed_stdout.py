"""A reader that ends early, as `| head` does, is no error of any command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from glimpse.command.app import main
from tests.synthetic.portraits import FACES, write_portrait_clip

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("closed")
    assert main(["enroll", str(FACES / "Ada.jpg"), "--name", "Ada", "--gallery", str(folder / "people.db")]) == 0
    (folder / "known").mkdir()
    (folder / "known" / "Ada.jpg").write_bytes((FACES / "Ben.jpg").read_bytes())
    write_portrait_clip(folder / "clip.mp4", "Ada", seconds=0.5)
    return folder


@pytest.mark.parametrize(
    "words",
    [
        "people list --gallery people.db",
        "people show Ada --gallery people.db --json",
        f"who {FACES} --gallery people.db --json",
        f"who {FACES} --gallery people.db",
        f"compare {FACES}/Ada.jpg {FACES}/Ben.jpg",
        "check clip.mp4",
        "check clip.mp4 --json",
        "doctor",
        "evaluate known --gallery people.db",
        "evaluate known --gallery people.db --json",
        f"enroll {FACES}/Ada.jpg --name Ada --gallery people.db --json",
        "run clip.mp4 --json",
        f"run {FACES}/Ada.jpg",
        "--help",
    ],
)
def test_nothing_is_said_and_the_code_is_0(words: str, site: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""}
    command = [sys.executable, "-m", "glimpse", *words.split()]
    done = subprocess.run(
        command, cwd=site, stdout=writer, stderr=subprocess.PIPE, text=True, env=environment, check=False, timeout=18
    )
    os.close(writer)
    assert "Traceback" not in done.stderr
    assert "Broken" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.returncode == 0, done.stderr
