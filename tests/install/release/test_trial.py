"""Wheel and sdist, built for real from the last commit, installed and run."""

import subprocess
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from install.release.packages import build, check_metadata, check_size, export_commit
from install.release.refusal import ReleaseError
from install.release.trial import PERSON, install, try_out
from pipeline.version import VERSION
from tests.conftest import REPOSITORY

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PHOTOGRAPH = REPOSITORY / "docs" / "faces" / f"{PERSON}.jpg"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Wheel and sdist."""
    for package in ("build", "twine"):
        pytest.importorskip(package, reason="the extra dev brings it")
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("out")
    return build(source, out, time=export_commit(REPOSITORY, source))


@pytest.fixture(scope="module")
def programs(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, installed beside the packages of this environment."""
    folder = tmp_path_factory.mktemp("environment")
    return install(built[0], folder, lock=None, packages=Path(sysconfig.get_path("purelib")))


def test_the_wheel_is_small_and_its_metadata_are_in_order(built: tuple[Path, Path]) -> None:
    assert check_size(built[0]) > 1
    check_metadata(list(built))


def test_the_wheel_of_the_sdist_holds_all_that_the_repository_has_for_it(built: tuple[Path, Path]) -> None:
    names = set(zipfile.ZipFile(built[0]).namelist())
    tracked = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", "HEAD"], cwd=REPOSITORY, capture_output=True, check=True, text=True
    ).stdout.splitlines()
    packages = ("configs/", "detectors/", "recognizer/", "pipeline/", "distill/", "glimpse/")
    left_out = {name for name in tracked if name.endswith("_fp32.onnx")} | {"recognizer/weights/glimpse_head.npz"}
    assert {name for name in tracked if name.startswith(packages)} - names == left_out
    assert {Path(name).name for name in names if ".dist-info/licenses/" in name} == {"LICENSE", "THIRD_PARTY.md"}


def test_files_of_the_wheel_have_the_time_of_the_commit(built: tuple[Path, Path]) -> None:
    times = {entry.date_time for entry in zipfile.ZipFile(built[0]).infolist()}
    assert len(times) == 1


def test_the_sdist_holds_what_its_readers_need(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[1]) as files:
        names = {name.partition("/")[2] for name in files.getnames()}
    assert {"README.md", "LICENSE", "THIRD_PARTY.md", "CHANGELOG.md", "CITATION.cff", "pyproject.toml"} <= names


def test_the_installed_wheel_runs(programs: Path, tmp_path: Path) -> None:
    try_out(programs, PHOTOGRAPH, tmp_path, VERSION)


def test_another_version_is_noticed(programs: Path, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"glimpse --version: .* expected 9\.9\.9"):
        try_out(programs, PHOTOGRAPH, tmp_path, "9.9.9")


def test_a_photograph_of_nobody_is_noticed(programs: Path, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"^glimpse enroll: exit code"):
        try_out(programs, REPOSITORY / "docs" / "frame.svg", tmp_path, VERSION)
