"""The gallery command: output, exit codes, and configuration."""

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest

from recognizer.gallery import Face, Gallery
from recognizer.gallery.__main__ import main
from tests.synthetic.networks import paint_person, write_detector, write_recognizer

ROOT = Path(__file__).parents[3]


def write_picture(path: Path, person: int | None) -> None:
    """Write a grey picture, with one painted person of 60 px or without."""
    image = np.full((320, 320, 3), 90, np.uint8)
    if person is not None:
        paint_person(image, person, (40, 60, 100, 120))
    path.parent.mkdir(parents=True)
    cv2.imwrite(str(path), image)


@pytest.fixture
def models(tmp_path: Path) -> tuple[str, str]:
    return str(write_detector(tmp_path / "det.onnx")), str(write_recognizer(tmp_path / "rec.onnx", size=32))


def test_people_are_enrolled_listed_exported_imported_and_erased(
    tmp_path: Path, models: tuple[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_picture(tmp_path / "faces" / "[b]Zoë" / "x.png", person=1)
    flags = ["--gallery", "g.db"]
    networks = [
        "--detector",
        models[0],
        "--recognizer",
        models[1],
        "--min-sharpness",
        "0.005",
    ]  # painted people have no fine detail
    assert main(["enroll", "faces", *flags, *networks, "--json"]) == 0
    (outcome,) = json.loads(capsys.readouterr().out)
    assert (outcome["person"], outcome["verdict"]) == ("[b]Zoë", "taken")
    (tmp_path / "c.yaml").write_text(f"detector: {{model: {models[0]}}}\nrecognizer: {{model: {models[1]}}}\n")
    assert main(["enroll", "faces", *flags, "--config", "c.yaml", *networks[-2:]]) == 0
    write_picture(tmp_path / "faces" / "a" / "nobody.png", person=None)
    assert main(["enroll", "faces", *flags, *networks]) == 1
    assert "no face" in capsys.readouterr().out
    assert main(["list", *flags, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["people"][0]["faces"] == 1
    assert main(["list", *flags]) == 0
    assert "[b]Zoë" in capsys.readouterr().out
    assert main(["export", "g.jsonl", *flags]) == 0
    assert main(["import", "g.jsonl", "--gallery", "h.db"]) == 0
    assert main(["erase", "[b]Zoë", *flags]) == 0
    assert main(["erase", "[b]Zoë", *flags]) == 1
    assert "not enrolled" in capsys.readouterr().err


def test_another_model_reads_the_stored_pictures(
    tmp_path: Path, models: tuple[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_picture(tmp_path / "faces" / "Ada" / "x.png", person=1)
    write_picture(tmp_path / "more" / "Bob" / "y.png", person=2)
    new = str(write_recognizer(tmp_path / "new.onnx", size=64, model_id="new"))
    flags = ["--gallery", "g.db"]
    networks = ["--detector", models[0], "--recognizer", models[1], "--min-sharpness", "0.005"]
    assert main(["enroll", "faces", *flags, *networks]) == 0
    assert main(["enroll", "more", *flags, *networks, "--no-chips"]) == 0
    capsys.readouterr()
    assert main(["list", *flags, "--json"]) == 0
    assert [person["chips"] for person in json.loads(capsys.readouterr().out)["people"]] == [1, 0]
    assert main(["reembed", *flags, "--recognizer", new]) == 2
    assert "1 have none: Bob (1)." in capsys.readouterr().err
    assert main(["reembed", *flags, "--recognizer", new, "--drop-without-chips"]) == 0
    assert "1 faces read again, 1 without a picture erased: model synthetic replaced by new" in capsys.readouterr().out
    assert main(["enroll", "more", *flags, *networks]) == 2
    assert "holds vectors of another model; read its pictures again: glimpse people" in capsys.readouterr().err
    (tmp_path / "c.yaml").write_text(f"recognizer: {{model: {new}}}\n")
    assert main(["reembed", *flags, "--config", "c.yaml"]) == 0
    assert "the space is still that of new" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--gallery", "nowhere.db"],
        ["enroll", "faces", "--gallery", "g.db"],
        ["enroll", "faces", "--gallery", "g.db", "--detector", "no.onnx", "--recognizer", "no.onnx"],
        ["import", "nowhere.jsonl", "--gallery", "g.db"],
        ["reembed", "--gallery", "nowhere.db"],
    ],
)
def test_usage_errors_exit_with_2(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert "error:" in capsys.readouterr().err


@pytest.mark.slow
def test_the_package_runs_as_a_module() -> None:
    process = subprocess.run(
        [sys.executable, "-m", "recognizer.gallery", "list"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert process.returncode == 2
    assert "--gallery" in process.stderr


@pytest.mark.parametrize(
    "flag", ["--min-face-px", "--min-sharpness", "--min-score", "--max-blur", "--min-mirror", "--min-length"]
)
@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "much"])
def test_a_limit_must_be_a_finite_number(flag: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["enroll", "faces", "--gallery", "g.db", f"{flag}={value}"]) == 2
    assert re.search(rf"error: Invalid value .*{flag}.*(finite number|float)", capsys.readouterr().err)


def test_a_damaged_name_is_listed_and_erased_as_it_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    flags = ["--gallery", "g.db"]
    with Gallery("g.db", create=True) as gallery:
        gallery.add("ann", Face(np.eye(4, dtype=np.float32)[0], "a", "1"), model_id="m")
    with closing(sqlite3.connect("g.db")) as db:
        db.execute("UPDATE people SET name = CAST(x'61FF' AS TEXT)")
        db.commit()
    assert main(["list", *flags, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["people"][0]["name"] == "a\\udcff"
    assert main(["list", *flags]) == 0
    assert "a\\udcff" in capsys.readouterr().out
    assert main(["erase", "a\\udcff", *flags]) == 0
