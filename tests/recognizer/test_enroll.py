"""Enrolling real pictures of painted people, in process and by the command line."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from detectors.arrays import Chips, Float32, Image
from detectors.load import load_detector
from detectors.runtime import Runtime
from recognizer.calibration import uncalibrated
from recognizer.gallery import Gallery
from recognizer.gallery.__main__ import main
from recognizer.gallery.enroll import MIN_SHARPNESS, Enroller, Outcome, Verdict
from recognizer.load import load_recognizer
from recognizer.spec import ChipSpec
from tests.synthetic.networks import paint_person, write_detector, write_recognizer

ROOT = Path(__file__).parents[2]
SMOOTH = 0.005  # painted people have no fine detail by design


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("models")
    return str(write_detector(folder / "det.onnx")), str(write_recognizer(folder / "rec.onnx", size=32))


@pytest.fixture
def enroller(models: tuple[str, str]) -> Enroller:
    recognizer = load_recognizer(models[1], runtime=Runtime())
    detector = load_detector(models[0], runtime=Runtime())
    return Enroller(detector, recognizer, uncalibrated(recognizer.model_id), min_sharpness=SMOOTH)


def picture(*people: tuple[int, float], side: int = 320, left: float = 40) -> Image:
    """A grey picture with the given people, as (number, face height), side by side."""
    image = np.full((side, side, 3), 90, np.uint8)
    for number, height in people:
        paint_person(image, number, (left, 60, left + height, 60 + height))
        left += height + 20
    return image


def put(path: Path, image: Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())


def enrol(enroller: Enroller, folder: Path) -> dict[str, Outcome]:
    with Gallery(folder.parent / "g.db", create=True) as gallery:
        return {outcome.source: outcome for outcome in enroller.enroll(folder, gallery)}


def test_every_picture_is_taken_or_refused_for_a_reason(tmp_path: Path, enroller: Enroller) -> None:
    faces = tmp_path / "faces"
    put(faces / "Zoë" / "good.png", picture((1, 60)))
    put(faces / "Zoë" / "again.png", picture((1, 50), left=80))
    put(faces / "Zoë" / "two.png", picture((1, 60), (2, 50)))
    put(faces / "Zoë" / "background.png", picture((1, 80), (2, 12)))
    put(faces / "Zoë" / "nobody.png", picture())
    put(faces / "Zoë" / "small.png", picture((1, 14)))
    (faces / "Zoë" / "broken.jpg").write_bytes(b"no picture")
    (faces / "Zoë" / "empty.jpg").write_bytes(b"")
    (faces / "Zoë" / "notes.txt").write_text("not a picture, and not asked for")
    (faces / "李").mkdir()
    (faces / "李" / "stolen.png").write_bytes((faces / "Zoë" / "good.png").read_bytes())
    outcomes = enrol(enroller, faces)
    reasons = {Path(source).name: outcome.reason for source, outcome in outcomes.items() if outcome.reason}
    assert reasons.pop("nobody.png") == "no face"
    assert reasons.pop("two.png").startswith("two faces: ambiguous")
    assert reasons.pop("small.png").startswith("too small: face of 14 px, at least 24")
    assert reasons.pop("broken.jpg") == reasons.pop("empty.jpg") == "unreadable: not a picture"
    assert reasons.pop("stolen.png") == "already enrolled as Zoë"
    assert not reasons
    taken = {Path(source).name for source, outcome in outcomes.items() if outcome.verdict is Verdict.TAKEN}
    assert taken == {"good.png", "again.png", "background.png"}
    assert {outcome.verdict for outcome in enrol(enroller, faces).values()} == {Verdict.KNOWN, Verdict.REFUSED}


def test_blurred_faces_are_refused(tmp_path: Path, enroller: Enroller) -> None:
    strict = dataclasses.replace(enroller, min_sharpness=MIN_SHARPNESS)
    put(tmp_path / "faces" / "a" / "smooth.png", picture((1, 60)))
    sharp = picture((1, 60))
    sharp[60:120, 40:100] += np.random.default_rng(0).integers(0, 3, (60, 60, 1), np.uint8) * 12
    put(tmp_path / "faces" / "a" / "sharp.png", sharp)
    outcomes = enrol(strict, tmp_path / "faces")
    assert outcomes["a/smooth.png"].reason.startswith("blurred: sharpness")
    assert outcomes["a/sharp.png"].verdict is Verdict.TAKEN


def test_looking_like_somebody_else_is_a_warning(tmp_path: Path, enroller: Enroller) -> None:
    put(tmp_path / "faces" / "a" / "x.png", picture((1, 60)))
    put(tmp_path / "faces" / "b" / "y.png", picture((1, 50), left=90))
    put(tmp_path / "faces" / "c" / "z.png", picture((5, 50)))
    outcomes = enrol(enroller, tmp_path / "faces")
    assert outcomes["b/y.png"].verdict is Verdict.TAKEN
    assert outcomes["b/y.png"].warning.startswith("looks like a: ")
    assert not outcomes["a/x.png"].warning
    assert not outcomes["c/z.png"].warning


def test_large_photographs_are_reduced_and_full_ones_get_a_rim(tmp_path: Path, enroller: Enroller) -> None:
    put(tmp_path / "faces" / "a" / "large.png", picture((1, 120), side=3000, left=600))
    put(tmp_path / "faces" / "a" / "full.png", picture((1, 80), side=80, left=0)[60:])
    outcomes = enrol(enroller, tmp_path / "faces")
    assert outcomes["a/large.png"].face_px == pytest.approx(120, rel=0.05)


def test_people_enrolled_are_found_again(tmp_path: Path, enroller: Enroller) -> None:
    for number in range(6):
        put(tmp_path / "faces" / f"p{number}" / "x.png", picture((number, 60)))
    enrol(enroller, tmp_path / "faces")
    put(tmp_path / "probe" / "p3" / "x.png", picture((3, 40), left=100))
    with Gallery(tmp_path / "g.db") as gallery, Gallery(tmp_path / "probe.db", create=True) as probes:
        list(enroller.enroll(tmp_path / "probe", probes))
        index = gallery.index("synthetic")
        ((_, face),) = probes.faces()
        assert index.people[index.search(face.vector[None]).top(0)[0][0]] == "p3"


def test_a_folder_without_people_is_an_error(tmp_path: Path, enroller: Enroller) -> None:
    (tmp_path / "faces").mkdir()
    for folder in (tmp_path / "faces", tmp_path / "nowhere"):
        with (
            Gallery(tmp_path / "g.db", create=True) as gallery,
            pytest.raises(ValueError, match="one folder per person"),
        ):
            list(enroller.enroll(folder, gallery))


def test_the_command_line(
    tmp_path: Path, models: tuple[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "faces" / "[b]Zoë" / "x.png", picture((1, 60)))
    flags = ["--gallery", "g.db"]
    networks = ["--detector", models[0], "--recognizer", models[1], "--min-sharpness", str(SMOOTH)]
    assert main(["enroll", "faces", *flags, *networks, "--json"]) == 0
    (outcome,) = json.loads(capsys.readouterr().out)
    assert (outcome["person"], outcome["verdict"]) == ("[b]Zoë", "taken")
    (tmp_path / "c.yaml").write_text(f"detector: {{model: {models[0]}}}\nrecognizer: {{model: {models[1]}}}\n")
    assert main(["enroll", "faces", *flags, "--config", "c.yaml", *networks[-2:]]) == 0
    put(tmp_path / "faces" / "a" / "nobody.png", picture())
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


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--gallery", "nowhere.db"],
        ["enroll", "faces", "--gallery", "g.db"],
        ["enroll", "faces", "--gallery", "g.db", "--detector", "no.onnx", "--recognizer", "no.onnx"],
        ["import", "nowhere.jsonl", "--gallery", "g.db"],
    ],
)
def test_usage_errors_exit_with_2(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert "error:" in capsys.readouterr().err


def test_it_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "recognizer.gallery", "list"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--gallery" in done.stderr


class Smoothed:
    """A recogniser that sees nothing finer than a 12-pixel face: to it every photograph is blurred."""

    model_id, dim = "smooth", 9

    def spec_for(self, face_px: float) -> ChipSpec:
        return ChipSpec(size=64)

    def embed(self, chips: Chips) -> Float32:
        small = np.stack([cv2.resize(chip, (3, 3), interpolation=cv2.INTER_AREA)[..., 1] for chip in chips])
        rows = small.reshape(len(chips), -1).astype(np.float32)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_a_photograph_that_reduction_does_not_change_is_refused_as_blurred(tmp_path: Path, enroller: Enroller) -> None:
    put(tmp_path / "faces" / "a" / "x.png", picture((1, 60)))
    smooth = dataclasses.replace(enroller, recognizer=Smoothed())
    assert enrol(smooth, tmp_path / "faces")["a/x.png"].reason.startswith("blurred: 1.00 alike when reduced to 12 px")
    lax = dataclasses.replace(smooth, max_blur=1.1)
    assert enrol(lax, tmp_path / "faces")["a/x.png"].verdict is Verdict.TAKEN
