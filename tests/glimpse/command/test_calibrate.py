"""`glimpse calibrate`: its flags; what it measures is tested in tests/recognizer/test_calibrate.py."""

import json
from pathlib import Path

import pytest
import yaml

from configs.read import load_yaml
from glimpse.command.app import main
from glimpse.command.calibrate import describe_measured
from recognizer.calibrate import CalibrationJob
from recognizer.calibration import Band, Calibration, uncalibrated
from recognizer.load import WEIGHTS

SAID = (
    "model [x]: measured at 3 face heights, 8 to 32 px, and rates of 0.1, 0.01, 0.001, 0.0001, 1e-05, 1e-06; written to"
    " c.yaml"
)


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
    assert SAID in capsys.readouterr().out
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


def test_rates_that_were_not_measured_are_said_with_the_people_they_take() -> None:
    bands = (Band(px=16, looks=1, mean=0.0, std=0.1, tail=(0.2, 0.3)),)
    few = Calibration(model_id="m", command="", data="", date="", rates=(0.1, 0.01), bands=bands)
    said = describe_measured(few, 1500)
    assert "16 to 16 px, and rates of 0.1, 0.01; rarer ones are extrapolated: 1e-06 takes 1,001 people" in said
    assert "100,001 people" in describe_measured(few, 10)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "--recognizer"),
        (["--recognizer", "tiny", "--out", "c.yaml"], "--data"),
        (["--recognizer", "tiny", "--data", "none.zip", "--out", "c.yaml"], "none.zip"),
        (["--recognizer", "none.onnx", "--data", ".", "--out", "c.yaml"], "none.onnx"),
        (["--recognizer", "tiny", "--data", ".", "--out", "c.yaml", "--probes", "many"], "--probes"),
        (["--recognizer", "tiny", "--data", ".", "--out", "c.yaml", "--probes", "0"], "--probes: expected 1 or more"),
    ],
)
def test_wrong_usage(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", *words]) == 2
    assert message in capsys.readouterr().err


def test_false_names_a_day_are_printed_without_measuring(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--recognizer", "large", "--people", "1000000", "--strangers-a-day", "500"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("500 strangers a day, decision.false_alarm 0.001")
    assert "| 1,000,000 | 12 |" in printed
    assert "nobody is named" in printed
    assert main(["calibrate", "--recognizer", "large", "--people", "9000", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {row["faces"] for row in answer["asked"]} == {1000, 8000, 9000}
    assert {point["learnt"] for point in answer["counted"]} == {False, True}


def test_without_a_reach_or_data_the_command_says_what_it_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = load_yaml(WEIGHTS / "calibration_tiny.yaml")
    del content["calibration"]["reach"]
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    assert main(["calibrate", "--recognizer", str(tmp_path / "own.yaml"), "--people", "10"]) == 2
    assert "calibrate_reach" in capsys.readouterr().err
    assert main(["calibrate", "--recognizer", "tiny"]) == 2
    assert "expected --data and --out, or --people" in capsys.readouterr().err
