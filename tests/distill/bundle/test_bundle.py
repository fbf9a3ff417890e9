"""A training is bundled, goes on elsewhere, comes back and goes on here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from distill.bundle.collect import merge_logs
from distill.cli import main
from distill.progress import read_log
from distill.training.checkpoint import code_version, load_checkpoint
from tests.synthetic.distill_world import write_distill_world

FEW = ("students.s16.samples=640", "students.s16.warmup_samples=64", "label.synthetic_faces=0")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy world with a student of 640 samples, bundled into `bundle/` in parts of 100 kB."""
    folder = tmp_path_factory.mktemp("world")
    config = str(write_distill_world(folder))
    for stage in ("prepare", "adapt", "label", "train"):
        assert main([stage, config, *FEW]) == 0
    assert main(["bundle", config, str(folder / "bundle"), "--part-size", "0.1", "--labels", *FEW]) == 0
    return folder


@pytest.fixture(scope="module")
def elsewhere(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle on another machine, trained to 1,280 samples there."""
    there = tmp_path_factory.mktemp("there") / "copied"
    (trained / "bundle").rename(there)
    done = _start(there, "students.s16.samples=1280")
    assert done.returncode == 0, done.stderr[-3000:]
    return there


def _start(there: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | {"OMP_NUM_THREADS": "1"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    command = ["sh", str(there / "start.sh"), *arguments]
    return subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)


def _samples(checkpoint: Path) -> int:
    content = load_checkpoint(checkpoint)
    assert content is not None
    return int(content["samples"])


def _ended_at(log: Path) -> list[int]:
    return [line["samples"] for line in read_log(log) if line["stage"] == "trained"]


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_bundle_trains_where_the_project_is_not(elsewhere: Path) -> None:
    manifest = json.loads((elsewhere / "bundle.json").read_text())
    parts = sorted(elsewhere.glob("bundle.part*"))
    assert len(parts) > 2
    assert max(path.stat().st_size for path in parts) <= 100_000
    assert manifest["faces"] == 128
    assert _samples(elsewhere / "run/students/s16/checkpoint.pt") == 1280
    # it went on from what was trained here
    assert _ended_at(elsewhere / "run/students/s16/log.jsonl") == [640, 1280]
    assert (elsewhere / "run/code/distill/cli.py").is_file()
    checkpoint = load_checkpoint(elsewhere / "run/students/s16/checkpoint.pt")
    assert checkpoint is not None
    assert checkpoint["environment"]["commit"] == code_version()  # of the project that made the bundle


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_results_come_back_and_training_goes_on_here(
    trained: Path, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, checkpoint = str(trained / "toy.yaml"), trained / "work/students/s16/checkpoint.pt"
    assert main(["collect", config, str(elsewhere), *FEW, "students.s16.learning_rate=0.1"]) == 2
    assert "students.s16.learning_rate: expected 0.1, got 0.002" in capsys.readouterr().err
    assert _samples(checkpoint) == 640
    assert main(["collect", config, str(elsewhere), *FEW]) == 0
    assert "s16: 640 samples before, 1,280 now" in capsys.readouterr().err
    assert main(["train", config, *FEW, "students.s16.samples=1920"]) == 0
    assert _samples(checkpoint) == 1920
    assert _ended_at(checkpoint.with_name("log.jsonl")) == [640, 1280, 1920]


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_damaged_or_missing_part_is_named(trained: Path, tmp_path: Path) -> None:
    assert main(["bundle", str(trained / "toy.yaml"), str(tmp_path / "b"), "--part-size", "0.5", *FEW]) == 0
    part = tmp_path / "b" / "bundle.part01"
    content = bytearray(part.read_bytes())
    content[1000] ^= 1
    part.write_bytes(content)
    assert "bundle.part01: this part is damaged" in _start(tmp_path / "b").stderr
    part.unlink()
    assert "bundle.part01: this part is missing" in _start(tmp_path / "b").stderr
    assert not (tmp_path / "b" / "run").exists()


def test_a_bundle_is_not_written_over_other_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_distill_world(tmp_path / "world")
    assert main(["bundle", str(config), str(tmp_path / "world")]) == 2
    assert "expected a new or empty folder" in capsys.readouterr().err
    assert main(["bundle", str(config), str(tmp_path / "new"), "--student", "nobody"]) == 2
    assert "students: no 'nobody'" in capsys.readouterr().err


def test_a_machine_without_a_gpu_bundles_for_one_that_has_it(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    arguments = ["bundle", str(trained / "toy.yaml"), str(tmp_path / "gpu"), *FEW, "device=cuda"]
    assert main(arguments) == 0
    assert (tmp_path / "gpu" / "bundle.json").is_file()


def test_logs_of_both_sides_are_joined_by_time(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b'{"time": 1, "n": 1}\n{"time": 4, "n": 4}\n{"time": 5, "n')
    (tmp_path / "b").write_bytes(b'{"time": 1, "n": 1}\n{"time": 2, "n": 2}\n')
    merged = merge_logs(tmp_path / "a", tmp_path / "b", tmp_path / "missing")
    assert [json.loads(line)["n"] for line in merged.splitlines()] == [1, 2, 4]
