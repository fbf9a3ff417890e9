"""The calibration command, from pictures to a file the pipeline reads."""

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from recognizer.calibrate import main
from recognizer.calibration import load_calibration
from recognizer.onnx import load_chip_spec
from tests.synthetic.networks import paint_person, write_recognizer


@pytest.fixture
def people(tmp_path: Path) -> Path:
    with zipfile.ZipFile(tmp_path / "people.zip", "w") as archive:
        for person in range(6):
            for number in range(2):
                image = np.full((112, 112, 3), 90, np.uint8)
                paint_person(image, person, (-14 + number, -14, 126 + number, 126))
                archive.writestr(f"p{person}/{number}.png", cv2.imencode(".png", image)[1].tobytes())
    return tmp_path / "people.zip"


def test_it_writes_what_the_pipeline_reads_and_keeps_the_spec(tmp_path: Path, people: Path) -> None:
    out = tmp_path / "c.yaml"
    out.write_text("# a comment\nchip_spec:\n  size: 16\n")
    model = str(write_recognizer(tmp_path / "r.onnx", size=16))
    arguments = ["--recognizer", model, "--data", str(people), "--out", str(out), "--probes", "4", "--keep"]
    assert main(arguments) == 0
    assert main(arguments) == 0
    text = out.read_text()
    assert text.startswith("# a comment")
    assert text.count("calibration:") == 1
    assert str(tmp_path) not in text
    assert load_chip_spec(out).size == 16
    calibration = load_calibration(out, "synthetic")
    assert calibration.data == "people.zip"
    assert "--probes 4" in calibration.command
    assert calibration.threshold(32, 1, 1e-3) < 0.5


def test_what_cannot_be_read_exits_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = str(write_recognizer(tmp_path / "r.onnx", size=16))
    assert main(["--recognizer", model, "--data", str(tmp_path), "--out", str(tmp_path / "c.yaml")]) == 2
    assert "at least two people" in capsys.readouterr().err
    assert main(["--recognizer", "no.onnx", "--data", str(tmp_path), "--out", "c.yaml"]) == 2
