"""`glimpse calibrate`: its flags; what it measures is tested in tests/recognizer/test_calibrate.py."""

from pathlib import Path

import pytest

from glimpse.command.app import main
from recognizer.calibrate import CalibrationJob
from recognizer.calibration import Calibration, uncalibrated


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[CalibrationJob]:
    """The jobs that the command gives to a stand-in for the measurement."""
    given: list[CalibrationJob] = []

    def calibrate(job: CalibrationJob) -> Calibration:
        given.append(job)
        return uncalibrated("model [x]")

    monkeypatch.setattr("glimpse.command.calibrate.write_calibration", calibrate)
    return given


def test_every_flag_is_a_field_of_the_job(jobs: list[CalibrationJob], capsys: pytest.CaptureFixture[str]) -> None:
    needed = ["--recognizer", "tiny", "--data", "faces", "--out", "c.yaml"]
    assert main(["calibrate", *needed]) == 0
    assert "model [x]: measured at 3 face heights, 8 to 32 px; written to c.yaml" in capsys.readouterr().out
    assert main(["calibrate", *needed, "--chip-spec", "s.yaml", "--keep", "--probes", "9", "--threads", "2"]) == 0
    plain = CalibrationJob(recognizer="tiny", data=Path("faces"), out=Path("c.yaml"))
    full = CalibrationJob(
        recognizer="tiny",
        data=Path("faces"),
        out=Path("c.yaml"),
        chip_spec="s.yaml",
        keep=True,
        probes=9,
        threads=2,
    )
    assert jobs == [plain, full]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "--recognizer"),
        (["--recognizer", "tiny", "--out", "c.yaml"], "--data"),
        (["--recognizer", "tiny", "--data", "none.zip", "--out", "c.yaml"], "none.zip"),
        (["--recognizer", "none.onnx", "--data", ".", "--out", "c.yaml"], "none.onnx"),
        (["--recognizer", "tiny", "--data", ".", "--out", "c.yaml", "--probes", "many"], "--probes"),
    ],
)
def test_wrong_usage(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", *words]) == 2
    assert message in capsys.readouterr().err
