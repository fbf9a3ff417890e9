"""`python -m distill site` as a whole: it installs what wins and refuses what does not."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from detectors.runtime import Runtime
from distill.cli import main
from recognizer.gallery.face import Face
from recognizer.gallery.store import Gallery
from recognizer.load import load_recognizer, open_scoring
from tests.synthetic.made_site import make_visitors, write_family, write_tracks

ROOT = Path(__file__).parents[3]
SMALL = ("--mixed", "256", "--views", "2")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_family(tmp_path_factory.mktemp("family") / "own", spoilt=20.0)


@pytest.fixture(scope="module")
def tracks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tracks(tmp_path_factory.mktemp("site") / "tracks", make_visitors(180, visits=2))


@pytest.fixture(scope="module")
def installed(family: Path, tracks: Path) -> Path:
    out = tracks.parent / "fitted"
    assert main(["site", str(tracks), str(out), "--recognizer", str(family), *SMALL]) == 0
    return out


def test_a_student_that_wins_is_installed_with_all_that_serving_needs(installed: Path, family: Path) -> None:
    fitted, own = (load_recognizer(folder, runtime=Runtime()) for folder in (installed, family))
    assert [fitted.spec_for(px).size for px in (10, 18, 30, 90)] == [own.spec_for(px).size for px in (10, 18, 30, 90)]
    assert fitted.weights != own.weights
    scoring = open_scoring(fitted, model=str(installed))
    assert scoring.calibration.weights == fitted.weights
    assert (installed.stat().st_mode & 0o777) == 0o700
    assert not installed.with_name("fitted.work").exists()


def test_its_card_says_from_whom_and_that_it_stays_here(installed: Path) -> None:
    card = (installed / "README.md").read_text()
    assert "180 people, from 2023-11-14 22:13 to 2023-11-16 03:11 UTC: 108 were learnt from" in card
    assert "**Not to be passed on.**" in card
    assert "biometric data" in card
    assert str(installed.parent) not in card
    assert "Of 45 people who came on two days, 45 are known by enrolment or by an operator, and 0 by near looks" in card
    assert "| another day, all sizes alike | 45 |" in card
    assert "| general test, all sizes alike | 360 |" in card
    assert "| strangers of the general test |" in card


def test_a_card_says_what_was_not_shown(family: Path, tmp_path: Path) -> None:
    tracks, out = write_tracks(tmp_path / "tracks", make_visitors(180)), tmp_path / "fitted"
    words = ["site", str(tracks), str(out), "--recognizer", str(family), *SMALL]
    assert main(words) == 2
    assert main([*words, "--without-second-day"]) == 0
    card = (out / "README.md").read_text()
    assert "What it does on another day was not shown" in card
    assert "another day, all" not in card


def test_a_gallery_of_the_shipped_family_is_refused_until_it_is_read_again(
    installed: Path, family: Path, tmp_path: Path
) -> None:
    fitted, own = (load_recognizer(folder, runtime=Runtime()) for folder in (installed, family))
    vector = own.embed(np.random.default_rng(0).integers(0, 255, (1, 64, 64, 3)).astype(np.uint8))[0]
    with Gallery(tmp_path / "people.db", create=True) as gallery:
        gallery.add("Ada", Face(vector, source="ada.png", sha256="0" * 64, face_px=64.0), model_id=own.model_id)
        assert gallery.index(own.model_id).people == ("Ada",)
        with pytest.raises(ValueError, match="vectors of another model"):
            gallery.index(fitted.model_id)


def test_a_folder_that_is_there_is_never_overwritten(
    installed: Path, family: Path, tracks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in installed.iterdir()}
    assert main(["site", str(tracks), str(installed), "--recognizer", str(family), *SMALL]) == 2
    assert "expected a folder that does not exist yet" in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in installed.iterdir()} == before


def test_what_does_not_win_is_refused_and_nothing_is_left(
    family: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tracks = write_tracks(
        tmp_path / "tracks", make_visitors(180, mixed_up=True, visits=2)
    )  # far looks show somebody else
    assert main(["site", str(tracks), str(tmp_path / "fitted"), "--recognizer", str(family), *SMALL]) == 1
    printed = capsys.readouterr().err
    assert "Refused, and nothing was changed" in printed
    assert "The gain of another day must be above 0 with 95 % confidence" in printed
    assert "all sizes" in printed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tracks"]


def test_a_killed_run_goes_on_and_ends_with_the_same_model(installed: Path, family: Path, tracks: Path) -> None:
    out = installed.with_name("killed")
    words = ["site", str(tracks), str(out), "--recognizer", str(family), *SMALL]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-m", "distill", *words]
    running = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, **quiet)
    made = out.with_name("killed.work") / "made.f16"
    try:
        while not (made.exists() and made.stat().st_size):
            assert running.poll() is None
            time.sleep(0.005)
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert not out.exists()
    assert main(words) == 0
    for path in installed.glob("*.onnx"):
        assert (out / path.name).read_bytes() == path.read_bytes()


def test_what_was_made_of_other_tracks_is_not_gone_on_with(
    family: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "fitted"
    write_tracks(tmp_path / "tracks", make_visitors(170, visits=2))
    out.with_name("fitted.work").mkdir()
    (out.with_name("fitted.work") / "site.json").write_text('{"tracks": "others", "recognizer": "", "settings": ""}')
    assert main(["site", str(tmp_path / "tracks"), str(out), "--recognizer", str(family), *SMALL]) == 2
    assert "site.tracks: " in capsys.readouterr().err
