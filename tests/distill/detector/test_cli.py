"""The whole chain on painted faces: as one command, in two processes, and resumed after a kill."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from detectors.load import load_detector
from detectors.runtime import Runtime
from distill.cli import main
from distill.detector.split import Part, part_of
from distill.progress import read_log
from distill.training.checkpoint import load_checkpoint
from tests.synthetic.detector_world import write_detector_world
from tests.synthetic.networks import paint_person

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write photographs of painted people, photographs without, aligned faces, teachers and a configuration."""
    return write_detector_world(tmp_path_factory.mktemp("detector")).parent


@pytest.fixture(scope="module")
def made(toy: Path) -> Path:
    """The toy world after every stage."""
    command = [sys.executable, "-m", "distill", "detector", str(toy / "toy.yaml")]
    done = subprocess.run(command, cwd=ROOT, env=_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return toy


@pytest.mark.slow
@pytest.mark.timeout(480)
def test_the_chain_makes_a_detector_that_finds_new_faces(made: Path) -> None:
    rows = json.loads((made / "work" / "evaluate" / "table.json").read_bytes())
    assert [row["detector"] for row in rows] == ["toy", "yunet"]
    assert rows[0]["recall_1"]["16"] > 0.6
    image = np.full((128, 192, 3), 120, np.uint8)
    paint_person(image, 3, (80, 50, 96, 66))
    found = load_detector(str(made / "weights" / "toy.onnx"), runtime=Runtime(), score=0.2).detect(image)
    np.testing.assert_allclose(found.boxes[0], [80, 50, 96, 66], atol=5)
    for picture in ("evaluate/recall.png", "training/curves.png"):
        assert (made / "work" / picture).stat().st_size > 1000


@pytest.mark.slow
@pytest.mark.timeout(480)
def test_no_held_out_photograph_is_in_the_work_folder(made: Path) -> None:
    [line] = [
        line for line in read_log(made / "work" / "log.jsonl") if line["stage"] == "prepare" and line["set"] == "crowd"
    ]
    parts = {path.name: part_of(path.read_bytes()) for path in (made / "crowd").glob("*.png")}
    assert line["held-out"] == sum(part is Part.HELD_OUT for part in parts.values()) > 0
    kept = {scene["name"] for scene in json.loads((made / "work" / "scenes" / "crowd.json").read_bytes())}
    assert kept == {name for name, part in parts.items() if part is not Part.HELD_OUT}


@pytest.mark.slow
@pytest.mark.timeout(480)
def test_finished_stages_are_not_repeated(made: Path) -> None:
    before = read_log(made / "work" / "log.jsonl")
    files = {path: path.stat().st_mtime_ns for path in (made / "work" / "scenes").iterdir()}
    assert main(["detector", str(made / "toy.yaml"), "--stage", "prepare", "--stage", "label"]) == 0
    assert read_log(made / "work" / "log.jsonl") == before
    assert {path: path.stat().st_mtime_ns for path in files} == files


@pytest.mark.slow
@pytest.mark.timeout(480)
def test_two_processes_train_one_detector(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "work", tmp_path / "pair", ignore=shutil.ignore_patterns("training", "evaluate"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "distill", "detector", str(made / "toy.yaml"), "--stage", "train"]
    command += [
        f"work={tmp_path / 'pair'}",
        "train.samples=160",
        "train.batch=8",
        "train.workers=0",
        "train.eval_every=160",
    ]
    shared = _environment() | {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    ranks = [
        subprocess.Popen(
            command, cwd=ROOT, env=shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)}, stderr=subprocess.PIPE
        )
        for rank in range(2)
    ]
    errors = [rank.communicate()[1].decode() for rank in ranks]
    assert [rank.returncode for rank in ranks] == [0, 0], errors[0][-2000:] + errors[1][-2000:]
    assert _samples(tmp_path / "pair" / "training" / "checkpoint.pt") == 160  # 10 steps of 8 in each of two processes


@pytest.mark.slow
@pytest.mark.timeout(480)
def test_training_resumes_after_a_kill(made: Path) -> None:
    checkpoint = made / "work" / "training" / "checkpoint.pt"
    stood = _samples(checkpoint)
    command = [sys.executable, "-m", "distill", "detector", str(made / "toy.yaml"), "--stage", "train"]
    endless = [*command, "train.samples=10000000", "train.checkpoint_seconds=0.0", "train.eval_every=10000000"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = subprocess.Popen(endless, cwd=ROOT, env=_environment(), **quiet)
    try:
        while _samples(checkpoint) == stood:
            assert running.poll() is None, "the training ended by itself"
            os.sched_yield()
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    stood = _samples(checkpoint)
    subprocess.run(
        [*command, f"train.samples={stood + 80}", "train.eval_every=10000000"],
        cwd=ROOT,
        env=_environment(),
        check=True,
        **quiet,
    )
    assert stood + 80 <= _samples(checkpoint) < stood + 88


def test_an_unknown_setting_is_named(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detector", str(toy / "toy.yaml"), "--stage", "train", "train.sample=3"]) == 2
    assert "unknown key 'sample' in train; did you mean 'samples'?" in capsys.readouterr().err


def test_a_stage_names_the_stage_it_needs(toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for stage, missing in (
        ("label", "stage prepare first"),
        ("export", "stage train first"),
        ("evaluate", "stage export first"),
    ):
        assert main(["detector", str(toy / "toy.yaml"), "--stage", stage, f"work={tmp_path}"]) == 2
        assert missing in capsys.readouterr().err


def _environment() -> dict[str, str]:
    return dict(os.environ) | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def _samples(checkpoint: Path) -> int:
    content = load_checkpoint(checkpoint)
    assert content is not None
    samples = content["samples"]
    assert isinstance(samples, int)
    return samples
