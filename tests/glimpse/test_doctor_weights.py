"""Shipped models are held to the hashes that their wheel recorded."""

import base64
import hashlib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from glimpse import doctor_weights
from glimpse.doctor import Health
from glimpse.doctor_weights import examine_weights


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A distribution of two models and a text, as pip installs it."""
    lines = []
    for name, data in (("a.onnx", b"first"), ("b.onnx", b"second"), ("c.txt", b"text")):
        (tmp_path / name).write_bytes(data)
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
        lines.append(f"{name},sha256={digest},{len(data)}\n")
    info = tmp_path / "glimpse_faces-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: glimpse-faces\nVersion: 1.0\n")
    (info / "RECORD").write_text("".join(lines))
    distribution = metadata.Distribution.at(info)
    monkeypatch.setattr(doctor_weights.metadata, "files", lambda name: distribution.files)
    return tmp_path


def test_models_as_they_were_installed_are_good_and_other_files_do_not_count(installed: Path) -> None:
    (installed / "c.txt").write_bytes(b"other")
    found = examine_weights()
    assert (found.health, found.found) == (Health.GOOD, "2 files are as they were installed")


def test_a_changed_and_a_missing_model_are_broken_and_named(installed: Path) -> None:
    (installed / "a.onnx").write_bytes(b"first!")
    (installed / "b.onnx").unlink()
    found = examine_weights()
    assert (found.health, found.found) == (Health.BROKEN, "changed or missing: a.onnx, b.onnx")
    assert found.advice.startswith("install Glimpse again: pip install --force-reinstall --no-deps . in a clone")


@pytest.mark.parametrize("record", ["", "a.onnx,,\n", "a.onnx,md5=abc,5\n"])
def test_a_clone_has_no_record(installed: Path, record: str) -> None:
    (installed / "glimpse_faces-1.0.dist-info" / "RECORD").write_text(record)
    assert examine_weights().found == "in a clone; calibrations are bound to their hashes"


def test_a_program_that_is_not_installed_is_a_clone(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> Any:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(doctor_weights.metadata, "files", fail)
    assert examine_weights().health is Health.GOOD
