"""The bill of materials names the locked packages, and the hashes are those that `sha256sum` reads."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from install.index import read_lock
from install.release.papers import write_bill, write_sums
from tests.conftest import REPOSITORY

LOCK = REPOSITORY / "requirements" / "serving.txt"


@pytest.mark.slow
@pytest.mark.timeout(90)
def test_the_bill_names_every_locked_package_with_its_hashes(tmp_path: Path) -> None:
    pytest.importorskip("cyclonedx_py", reason="the extra dev brings cyclonedx-bom")
    write_bill(REPOSITORY, "1.2.3", tmp_path / "bill.json")
    bill = json.loads((tmp_path / "bill.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    component = bill["metadata"]["component"]
    assert (component["name"], component["version"]) == ("glimpse-faces", "1.2.3")
    named = {(one["name"], one["version"]) for one in bill["components"]}
    assert named == {(pin.name, pin.version) for pin in read_lock(LOCK)}
    assert all(one["externalReferences"][0]["hashes"] for one in bill["components"])


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="needs sha256sum")
def test_sha256sum_reads_the_hashes_and_finds_a_changed_file(tmp_path: Path) -> None:
    for name in ("a.whl", "b.tar.gz"):
        (tmp_path / name).write_text(name)
    sums = write_sums(tmp_path)
    assert write_sums(tmp_path).read_text() == sums.read_text()
    check = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    assert subprocess.run(check, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.count(": OK") == 2
    (tmp_path / "a.whl").write_text("other")
    assert subprocess.run(check, cwd=tmp_path, check=False, capture_output=True).returncode == 1
