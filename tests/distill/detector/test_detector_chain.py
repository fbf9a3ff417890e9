"""The whole chain on painted faces: as one command, and killed and resumed."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import yaml
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from detectors.load import load_detector
from detectors.runtime import Runtime
from distill.checkpoint import load_checkpoint
from distill.cli import main
from distill.detector.split import Part, part_of
from distill.progress import read_log
from tests.synthetic.networks import paint_person, write_detector

ROOT = Path(__file__).parents[3]
TRAIN = {"stem": [8, 8], "width": 16, "deep": 16, "batch": 8, "samples": 2400, "warmup": 80, "workers": 0}


def write_blind_retinaface(path: Path) -> Path:
    """A file in RetinaFace's format that never sees a face."""
    nodes, constants, levels = [], [], {"loc": 4, "conf": 2, "landms": 10}
    for name, channels in levels.items():
        flat = numpy_helper.from_array(np.array([1, -1, channels], np.int64), f"{name}_shape")
        constants.append(flat)
        for stride in (8, 16, 32):
            weight = np.zeros((2 * channels, 3, 1, 1), np.float32)
            constants.append(numpy_helper.from_array(weight, f"{name}_{stride}_w"))
            here = f"{name}_{stride}"
            nodes += [
                helper.make_node("Conv", ["input", f"{here}_w"], [f"{here}_c"], strides=[stride, stride]),
                helper.make_node("Transpose", [f"{here}_c"], [f"{here}_t"], perm=[0, 2, 3, 1]),
                helper.make_node("Reshape", [f"{here}_t", f"{name}_shape"], [f"{here}_r"]),
            ]
        nodes.append(helper.make_node("Concat", [f"{name}_{stride}_r" for stride in (8, 16, 32)], [name], axis=1))
    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, "height", "width"])
    made = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "n", count]) for name, count in levels.items()]
    graph = helper.make_graph(nodes, "blind", [given], made, constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


def background(rng: np.random.Generator) -> NDArray[np.uint8]:
    coarse = rng.integers(40, 200, (12, 16, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (256, 192), interpolation=cv2.INTER_CUBIC), np.uint8)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photographs of painted people, scenes without, aligned chips, teachers and a configuration."""
    folder, rng = tmp_path_factory.mktemp("detector"), np.random.default_rng(5)
    for name in ("crowd", "empty", "chips"):
        (folder / name).mkdir()
    boxes = {}
    for number in range(40):
        image, side = background(rng), int(rng.integers(66, 90))
        x, y = int(rng.integers(4, 100 - side // 2)), int(rng.integers(4, 186 - side))
        paint_person(image, number % 24, (x, y, x + side, y + side))
        paint_person(image, (number * 7) % 24, (x + side + 10, y, x + 2 * side + 10, y + side))
        cv2.imwrite(str(folder / "crowd" / f"{number:02}.png"), image)
        boxes[f"{number:02}.png"] = [[x, y, x + side, y + side], [x + side + 10, y, x + 2 * side + 10, y + side]]
        cv2.imwrite(str(folder / "empty" / f"{number:02}.png"), background(rng))
        chip = np.zeros((112, 112, 3), np.uint8)
        paint_person(chip, number % 24, (-14, -14, 126, 126))
        cv2.imwrite(str(folder / "chips" / f"{number:02}.png"), chip)
    (folder / "crowd" / "boxes.json").write_text(json.dumps(boxes))
    write_detector(folder / "yunet.onnx")
    write_blind_retinaface(folder / "retinaface.onnx")
    settings = {
        "work": "work",
        "scenes": [{"path": "crowd", "boxes": "boxes.json"}, {"path": "empty", "empty": True}],
        "faces": [{"path": "chips"}],
        "label": {"yunet": "yunet.onnx", "retinaface": "retinaface.onnx", "long_side": 256},
        "views": {"side": 64, "to_px": 40, "paste": 0, "swap": 0, "empty": 0.3},
        "train": TRAIN | {"check": 1200, "learning_rate": 0.004},
        "evaluate": {"peers": ["yunet.onnx"], "rounds": 1},
        "export": "weights/toy.onnx",
    }
    (folder / "toy.yaml").write_text(yaml.safe_dump(settings))
    return folder


@pytest.fixture(scope="module")
def made(toy: Path) -> Path:
    """The toy world after every stage."""
    command = [sys.executable, "-m", "distill", "detector", str(toy / "toy.yaml")]
    done = subprocess.run(command, cwd=ROOT, env=_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return toy


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_chain_gives_a_detector_that_finds_what_it_never_saw(made: Path) -> None:
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
@pytest.mark.timeout(240)
def test_nothing_held_out_is_in_the_work_folder(made: Path) -> None:
    [line] = [
        line for line in read_log(made / "work" / "log.jsonl") if line["stage"] == "prepare" and line["set"] == "crowd"
    ]
    parts = {path.name: part_of(path.read_bytes()) for path in (made / "crowd").glob("*.png")}
    assert line["held-out"] == sum(part is Part.HELD_OUT for part in parts.values()) > 0
    kept = {scene["name"] for scene in json.loads((made / "work" / "scenes" / "crowd.json").read_bytes())}
    assert kept == {name for name, part in parts.items() if part is not Part.HELD_OUT}


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_what_is_done_is_not_done_again(made: Path) -> None:
    before = read_log(made / "work" / "log.jsonl")
    files = {path: path.stat().st_mtime_ns for path in (made / "work" / "scenes").iterdir()}
    assert main(["detector", str(made / "toy.yaml"), "--stage", "prepare", "--stage", "label"]) == 0
    assert read_log(made / "work" / "log.jsonl") == before
    assert {path: path.stat().st_mtime_ns for path in files} == files


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_two_processes_train_one_detector(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "work", tmp_path / "pair", ignore=shutil.ignore_patterns("training", "evaluate"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "distill", "detector", str(made / "toy.yaml"), "--stage", "train"]
    command += [f"work={tmp_path / 'pair'}", "train.samples=160", "train.batch=8", "train.workers=0", "train.check=160"]
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
@pytest.mark.timeout(240)
def test_training_goes_on_after_a_kill(made: Path) -> None:
    checkpoint = made / "work" / "training" / "checkpoint.pt"
    stood = _samples(checkpoint)
    command = [sys.executable, "-m", "distill", "detector", str(made / "toy.yaml"), "--stage", "train"]
    endless = [*command, "train.samples=10000000", "train.save=0.0", "train.check=10000000"]
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
        [*command, f"train.samples={stood + 80}", "train.check=10000000"],
        cwd=ROOT,
        env=_environment(),
        check=True,
        **quiet,
    )
    assert stood + 80 <= _samples(checkpoint) < stood + 88


def test_a_misspelt_setting_is_named(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detector", str(toy / "toy.yaml"), "--stage", "train", "train.sample=3"]) == 2
    assert "unknown key 'sample' in train; did you mean 'samples'?" in capsys.readouterr().err


def test_a_stage_before_its_turn_says_what_is_missing(
    toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
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
