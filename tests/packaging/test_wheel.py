"""The wheel, installed into an environment of its own and run from another folder: nothing is read from the clone."""

import json
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from detectors.arrays import Image
from install.size import MEGABYTE
from tests.conftest import REPOSITORY
from tests.install.test_size import OWN_MB
from tests.synthetic.video import write_clip

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
TOP_LEVEL = {"configs", "detectors", "distill", "glimpse", "pipeline", "recognizer", "run_pipeline"}
FOLDERS = {"templates", "training"}  # of pages beside those of docs/ itself
PERSON = "Hedy"
CLEAN = {"PATH": "/usr/bin:/bin"}  # no PYTHONPATH that leads to the clone


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the files that git knows."""
    pytest.importorskip("setuptools", minversion="77", reason="the extra dev brings the build back end")
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=True, text=True)
    for name in filter(None, listing.stdout.split("\0")):
        if (REPOSITORY / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(REPOSITORY / name, source / name)
    build = (*PIP, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(out), str(source))
    subprocess.run(build, check=True, capture_output=True)
    return next(out.glob("glimpse_faces-*.whl"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that holds the wheel, and sees the dependencies of this one."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    install = (*PIP, "--python", str(python), "install", "--no-deps", "--no-index", str(wheel))
    subprocess.run(install, cwd=folder, env=CLEAN, check=True, capture_output=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def run(python: Path, folder: Path, *arguments: str) -> str:
    """Standard output of a module of the installed program, started in `folder`."""
    found = subprocess.run(
        [str(python), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env=CLEAN,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    return found.stdout


def is_page(name: str) -> bool:
    """Whether a file of the wheel is a page of the documentation."""
    return ".data/data/share/doc/glimpse-faces/" in name


def contents(python: Path) -> set[tuple[str, int]]:
    """Every file of the installed program and when it was changed, but for compiled modules."""
    packages = next(python.parents[1].glob("lib/python*/site-packages"))
    files = (path for path in packages.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {(str(path), path.stat().st_mtime_ns) for path in files}


def walk(photograph: Image) -> Iterator[Image]:
    """Four seconds in which a photograph moves across a picture, its face 50 to 70 px high."""
    for number in range(48):
        side = 110 + number // 2
        frame = np.full((360, 480, 3), 96, np.uint8)
        frame[100 : 100 + side, 60 + 2 * number : 60 + 2 * number + side] = cv2.resize(
            photograph, (side, side), interpolation=cv2.INTER_AREA
        )
        yield frame


def test_it_holds_weights_templates_schemas_and_examples_and_nothing_of_a_training(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, check=True, text=True).stdout
    folders = ("configs/", "detectors/", "recognizer/", "pipeline/", "distill/", "glimpse/")
    needed = {name for name in tracked.split() if name.startswith(folders)}
    assert needed - names == {
        name for name in needed if name.endswith("_fp32.onnx") or name == "recognizer/weights/glimpse_head.npz"
    }
    others = {name for name in names if ".dist-info/" not in name and "/" in name and not is_page(name)}
    assert {name.split("/")[0] for name in others} <= TOP_LEVEL


def test_it_enrols_and_names_from_a_folder_that_is_not_the_clone(python: Path, tmp_path: Path) -> None:
    photograph = REPOSITORY / "docs" / "faces" / f"{PERSON}.jpg"
    (tmp_path / "faces" / PERSON).mkdir(parents=True)
    shutil.copy(photograph, tmp_path / "faces" / PERSON)
    picture = cv2.imread(str(photograph))
    assert picture is not None
    write_clip(tmp_path / "walk.mp4", walk(np.asarray(picture, np.uint8)))
    before = contents(python)

    run(python, tmp_path, "-m", "recognizer.gallery", "enroll", "faces", "--gallery", "people.db")
    flags = "--source walk.mp4 --gallery people.db --report out --bind none".split()
    run(python, tmp_path, "-m", "run_pipeline", *flags)

    home = run(python, tmp_path, "-c", "import pipeline, recognizer; print(pipeline.__file__, recognizer.__file__)")
    assert all(str(python.parents[1]) in path for path in home.split())
    lines = (tmp_path / "out" / "events.jsonl").read_text().splitlines()
    names = {event.get("person") for event in map(json.loads, lines) if event["kind"] == "identity"}
    assert PERSON in names
    assert "<html" in (tmp_path / "out" / "index.html").read_text()
    assert contents(python) == before, "a run wrote into the installed program"


def test_the_schema_is_read_from_the_package(python: Path, tmp_path: Path) -> None:
    script = (
        "from importlib.resources import files; print(files('configs').joinpath('glimpse.schema.json').read_text())"
    )
    assert json.loads(run(python, tmp_path, "-c", script))["$id"] == "urn:glimpse:config"


def test_messages_point_to_pages_that_were_installed(wheel: Path, python: Path, tmp_path: Path) -> None:
    pages = {name.partition("/glimpse-faces/")[2] for name in zipfile.ZipFile(wheel).namelist() if is_page(name)}
    listing = subprocess.run(["git", "ls-files", "docs"], cwd=REPOSITORY, capture_output=True, check=True, text=True)
    tracked = {name.removeprefix("docs/") for name in listing.stdout.split() if name.endswith(".md")}
    assert pages - {"events.schema.json"} == {
        name for name in tracked if name.partition("/")[0] in FOLDERS or "/" not in name
    }
    law = run(
        python, tmp_path, "-c", "from pipeline.documentation import find_page; print(find_page('legal.md'))"
    ).strip()
    assert law == str(python.parents[1] / "share" / "doc" / "glimpse-faces" / "legal.md")
    assert Path(law).read_bytes() == (REPOSITORY / "docs" / "legal.md").read_bytes()
    training = run(python, tmp_path, "-c", "from pipeline.documentation import find_page; print(find_page('training'))")
    assert Path(training.strip()).is_dir()


def test_it_is_small(wheel: Path) -> None:
    assert sum(entry.file_size for entry in zipfile.ZipFile(wheel).infolist()) / MEGABYTE < OWN_MB


def test_the_command_glimpse_comes_with_it(python: Path, tmp_path: Path) -> None:
    found = subprocess.run(
        [python.with_name("glimpse"), "--help"], cwd=tmp_path, capture_output=True, text=True, env=CLEAN, check=False
    )
    assert found.returncode == 0, found.stderr
    assert "glimpse COMMAND" in found.stdout
