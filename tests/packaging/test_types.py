"""Type checkers of other programs know every type of the library: `pyright --verifytypes glimpse`."""

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("configs", "detectors", "glimpse", "pipeline", "recognizer")
PYRIGHT = Path(sys.executable).with_name("pyright")


def installed(folder: Path) -> Path:
    """The scripts of an environment with the packages; pyright does not search an editable installation."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    [site] = folder.glob("lib/python*/site-packages")
    for package in PACKAGES:
        (site / package).symlink_to(ROOT / package)
    (site / "rest.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return folder / "bin"


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(not PYRIGHT.is_file(), reason="pyright is not installed")
def test_every_public_type_is_known(tmp_path: Path) -> None:
    path = f"{installed(tmp_path / 'env')}{os.pathsep}{os.environ['PATH']}"
    command = [str(PYRIGHT), "--verifytypes", "glimpse", "--ignoreexternal", "--outputjson"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=tmp_path, env=environment | {"PATH": path}, capture_output=True, check=False)
    report = json.loads(done.stdout)["typeCompleteness"]
    wrong = [symbol["name"] for symbol in report["symbols"] if not symbol["isTypeKnown"] or symbol["isTypeAmbiguous"]]
    assert wrong == []
    assert report["exportedSymbolCounts"]["withKnownType"] > 500
    assert report["completenessScore"] == 1
