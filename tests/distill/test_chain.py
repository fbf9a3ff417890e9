"""The whole chain on painted faces: as one command, killed and resumed, and as two processes."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from detectors.runtime import Runtime
from distill.adapt.head import load_head
from distill.adapt.stage import read_head
from distill.cli import main
from distill.data.shards import find_shards
from distill.progress import read_log
from distill.training.from_onnx import load_onnx_weights
from distill.training.student import Shape, Stage, Student
from distill.work_folder import WorkFolder
from recognizer.load import load_recognizer

ROOT = Path(__file__).parents[2]
SMALL = ("size=16", "stages=[[16],[32,1]]", "batch=64", "workers=0")  # options of a student that trains fast


@pytest.fixture(scope="module")
def distilled(toy: Path) -> Path:
    """The toy world after `run`."""
    done = subprocess.run(
        [sys.executable, "-m", "distill", "run", str(toy / "toy.yaml")],
        cwd=ROOT,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return toy


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_whole_chain_gives_a_student_that_tells_strangers_apart(distilled: Path) -> None:
    rows = json.loads((distilled / "work" / "evaluate" / "table.json").read_bytes())
    found = {(row["model"], row["pixels"], row["sides"]): row["accuracy"] for row in rows}
    assert found["glimpse_s16", 16, "low-low"] > 90  # people it never saw; chance is 50
    assert "### low-low: accuracy, %" in (distilled / "work" / "evaluate" / "table.md").read_text()
    for picture in ("evaluate/sizes.png", "evaluate/roc.png", "students/s16/curves.png", "students/s16/chips.png"):
        assert (distilled / "work" / picture).stat().st_size > 1000


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_serving_opens_what_was_exported(distilled: Path) -> None:
    recognizer = load_recognizer(distilled / "weights" / "glimpse_s16.onnx", runtime=Runtime())
    chips = np.random.default_rng(0).integers(0, 255, (3, 16, 16, 3)).astype(np.uint8)
    vectors = recognizer.embed(chips)
    assert vectors.shape == (3, 12)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    assert recognizer.model_id.startswith("glimpse-")
    head = load_head(distilled / "weights" / "glimpse_head.npz")
    assert np.array_equal(head.matrix, read_head(WorkFolder(distilled / "work")).matrix)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_card_tells_the_run_and_no_folder(distilled: Path) -> None:
    card = (distilled / "weights" / "glimpse_s16.md").read_text()
    assert "128 aligned faces (faces 128)" in card
    assert "12,800 training samples in steps of 64. Teacher: teacher.onnx." in card
    assert "`python -m distill run toy.yaml`, seed 1; student `s16`" in card
    assert "teacher.onnx (not stated)" in card
    assert str(distilled) not in card
    exported = next(line for line in read_log(distilled / "work" / "log.jsonl") if line["stage"] == "export")
    assert f"{exported['accuracies']['int8']['low_low']:.2f} | 90.80" in card


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_stage_that_is_done_is_not_done_again(distilled: Path) -> None:
    checkpoint = distilled / "work" / "students" / "s16" / "checkpoint.pt"
    before = read_log(distilled / "work" / "log.jsonl")
    shards = {path: path.stat().st_mtime_ns for path in (distilled / "work" / "shards").iterdir()}
    assert main(["prepare", str(distilled / "toy.yaml")]) == 0
    assert main(["adapt", str(distilled / "toy.yaml")]) == 0
    assert main(["label", str(distilled / "toy.yaml")]) == 0
    assert read_log(distilled / "work" / "log.jsonl") == before
    assert {path: path.stat().st_mtime_ns for path in shards} == shards
    assert checkpoint.exists()


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_killed_training_resumes_from_its_checkpoint(distilled: Path) -> None:
    options = ["train", str(distilled / "toy.yaml"), "--student", "killed"]
    options += [f"students.killed.{key}" for key in (*SMALL, "checkpoint_seconds=0.0")]
    endless = [sys.executable, "-m", "distill", *options, "students.killed.samples=10000000"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = subprocess.Popen(endless, cwd=ROOT, env=_environment(), **quiet)
    checkpoint = distilled / "work" / "students" / "killed" / "checkpoint.pt"
    try:
        while not checkpoint.exists():
            with pytest.raises(subprocess.TimeoutExpired):  # otherwise the training ended by itself
                running.wait(timeout=0.05)
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    samples, weights = _samples(checkpoint), _weights(distilled, "killed")
    assert samples > 0
    assert main([*options, f"students.killed.samples={samples}"]) == 0
    resumed = _weights(distilled, "killed")
    assert all(torch.equal(resumed[key], value) for key, value in weights.items())  # it did not start again
    assert main([*options, f"students.killed.samples={samples + 640}"]) == 0
    assert samples + 640 <= _samples(checkpoint) < samples + 640 + 64


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_two_processes_train_one_student(distilled: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = (
        *SMALL,
        "batch=32",
        "eval_every=640",
        "warmup_samples=1",
        "flat_fraction=1.0",
    )  # one learning rate throughout
    options = [f"students.{name}.{key}" for name in ("pair", "next", "lone") for key in own]
    options += ["students.pair.samples=1280", "students.next.samples=64", "students.lone.samples=640"]
    base = [sys.executable, "-m", "distill", "train", str(distilled / "toy.yaml"), *options]
    command = [*base, "--student", "pair", "--student", "next"]
    shared = _environment() | {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    ranks = [
        subprocess.Popen(
            command, cwd=ROOT, env=shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)}, stderr=subprocess.PIPE
        )
        for rank in range(2)
    ]
    errors = [rank.communicate()[1].decode() for rank in ranks]
    assert [rank.returncode for rank in ranks] == [0, 0], errors[0][-2000:] + errors[1][-2000:]
    checkpoint = distilled / "work" / "students" / "pair" / "checkpoint.pt"
    assert _samples(checkpoint) == 1280  # 20 steps of 32 faces in each of two processes
    assert _content(checkpoint)["step"] == 20
    assert _samples(distilled / "work" / "students" / "next" / "checkpoint.pt") == 64
    assert main([*base[3:], "--student", "lone"]) == 0  # what the first process learns without the other: as many steps
    pair, lone = _weights(distilled, "pair"), _weights(distilled, "lone")
    assert not torch.allclose(pair["out.weight"], lone["out.weight"], atol=1e-4)
    assert main([*base[3:], "students.pair.samples=1600", "--student", "pair"]) == 0  # and on alone
    assert _samples(checkpoint) == 1600
    assert _content(checkpoint)["step"] == 30
    assert _content(checkpoint)["processes"] == 1


def test_only_training_is_shared_by_processes(
    toy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main(["run", str(toy / "toy.yaml")]) == 2
    assert "torchrun: expected the command train, which 2 processes can share, got run" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_student_starts_from_a_file_and_then_from_what_fits_of_another(
    distilled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def trained(name: str, *options: str) -> int:
        own = ("size=16", "samples=64", "batch=64", "workers=0", *options)
        settings = [f"students.{name}.{key}" for key in own]
        return main(["train", str(distilled / "toy.yaml"), "--student", name, *settings])

    assert trained("entry", "stages=[[16],[24,1]]") == 0  # shares its first layer alone
    assert trained("both", "stages=[[16],[32,1]]", "start_from=[glimpse_s16_fp32.onnx,entry]") == 0
    entry, both = (_weights(distilled, name) for name in ("entry", "both"))
    of_file = Student(Shape(16, (Stage(16), Stage(32, 1)), bottleneck=32, dim=12))
    load_onnx_weights(of_file, distilled / "weights" / "glimpse_s16_fp32.onnx", torch.rand(8, 3, 16, 16))
    kept = of_file.state_dict()
    near = {"atol": 1e-2}  # one step at the first, smallest rate lies between
    assert torch.allclose(both["stages.at8.0.0.weight"], entry["stages.at8.0.0.weight"], **near)
    assert not torch.allclose(both["stages.at8.0.0.weight"], kept["stages.at8.0.0.weight"], **near)
    assert torch.allclose(both["stages.at4.0.0.weight"], kept["stages.at4.0.0.weight"], **near)
    assert trained("misfit", "stages=[[8],[24]]", "bottleneck=4", "start_from=entry") == 2
    assert "students.misfit.start_from: expected layers of the same shape, 'entry' has none" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_students_trained_in_bf16_or_on_views_of_opencv_tell_strangers_apart(distilled: Path) -> None:
    end = {}
    for name, own in (("fp32", "precision=fp32"), ("bf16", "precision=bf16"), ("opencv", "views=opencv")):
        options = [*SMALL, "samples=3200", "warmup_samples=320", "optimiser=muon", own]
        command = ["train", str(distilled / "toy.yaml"), "--student", name]
        assert main([*command, *(f"students.{name}.{option}" for option in options)]) == 0
        end[name] = read_log(distilled / "work" / "students" / name / "log.jsonl")[-1]
    assert all(line["low_low"] > 80 for line in end.values())  # chance is 50
    assert end["bf16"]["held_out_cosine"] == pytest.approx(end["fp32"]["held_out_cosine"], abs=0.05)
    fp32, bf16 = _weights(distilled, "fp32"), _weights(distilled, "bf16")
    assert not torch.equal(fp32["out.weight"], bf16["out.weight"])  # it does compute differently


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_comparison_makes_its_own_pools_and_trains_what_is_missing(distilled: Path) -> None:
    raw = yaml.safe_load((distilled / "toy.yaml").read_text())
    base = {**raw["students"]["s16"], "samples": 640, "eval_every": 320}
    raw["pools"] = {
        "few": {"faces": 32, "label": {"synthetic_faces": 64, "shard_faces": 64, "sharp_target_share": 0.0}}
    }
    raw["adapt"] |= {"faces": 32}
    raw["students"] = {"base": base, "faces/few": {**base, "faces": 1}, "teacher/few": {**base, "pool": "few"}}
    config = distilled / "compared.yaml"
    config.write_text(yaml.safe_dump(raw))
    assert main(["ablation", str(config), "--student", "base"]) == 0
    folder = distilled / "work" / "compared"
    assert (folder / "table.md").read_text().count("\n| ") == 3  # heads, a line, and base
    assert main(["ablation", str(config)]) == 0
    table = (folder / "table.md").read_text()
    assert "| few | 640 | 94 |" in table  # 32 real faces without the two held out, and 64 made of them
    assert len(find_shards(WorkFolder(distilled / "work").pool("few"))) == 2
    assert np.load(distilled / "work" / "pools" / "few" / "faces" / "usable.npy").sum() == 32
    assert (distilled / "work" / "pools" / "few" / "evaluate" / "features").samefile(
        distilled / "work" / "evaluate" / "features"
    )
    for picture in ("curves.png", "scaling.png"):
        assert (folder / picture).read_bytes()[:4] == b"\x89PNG"
    stood = (distilled / "work" / "students" / "base" / "checkpoint.pt").stat().st_mtime_ns
    assert main(["ablation", str(config), "--student", "nobody"]) == 2
    assert main(["ablation", str(config)]) == 0
    assert (distilled / "work" / "students" / "base" / "checkpoint.pt").stat().st_mtime_ns == stood


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_targets_and_spaces_that_are_not_there_are_refused(
    distilled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "work").mkdir()
    for name in ("faces", "adapt", "teachers.json"):
        (tmp_path / "work" / name).symlink_to(distilled / "work" / name)
    config, work = str(distilled / "toy.yaml"), f"work={tmp_path / 'work'}"
    sharp = ["label.low_targets=false", "label.sharp_target_share=1.0", "label.synthetic_faces=0"]
    assert main(["label", config, work, *sharp]) == 0
    assert main(["label", config, work]) == 2
    assert "label.low_targets: " in (told := capsys.readouterr().err)
    assert "was made with False, got True; name another `work`" in told
    assert main(["train", config, work, "--student", "s16"]) == 2
    assert "students.s16.low_target_share: expected faces with low targets, got none" in capsys.readouterr().err
    assert main(["export", config, "students.s16.adapt={}", "--student", "s16"]) == 2
    assert "students.s16: has a pool or a head of its own" in capsys.readouterr().err


def test_a_misspelt_setting_is_named(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prepare", str(toy / "toy.yaml"), "label.synthetic_face=3"]) == 2
    assert "unknown key 'synthetic_face' in label; did you mean 'synthetic_faces'?" in capsys.readouterr().err


def test_a_stage_before_its_turn_says_what_is_missing(
    toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", str(toy / "toy.yaml"), f"work={tmp_path}"]) == 2
    assert "python -m distill adapt" in capsys.readouterr().err


def _environment() -> dict[str, str]:
    return dict(os.environ) | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def _content(checkpoint: Path) -> dict[str, object]:
    from distill.training.checkpoint import load_checkpoint

    content = load_checkpoint(checkpoint)
    assert content is not None
    return content


def _weights(distilled: Path, name: str) -> dict[str, torch.Tensor]:
    found = _content(distilled / "work" / "students" / name / "checkpoint.pt")["average"]
    assert isinstance(found, dict)
    return found


def _samples(checkpoint: Path) -> int:
    samples = _content(checkpoint)["samples"]
    assert isinstance(samples, int)
    return samples
