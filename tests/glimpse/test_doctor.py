"""Each finding, on machines that have or lack the part."""

import shutil
import sqlite3
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from glimpse import doctor
from glimpse.doctor import Finding, Health, examine
from pipeline.site import clocks
from pipeline.site.clocks import KernelClock
from recognizer.gallery import Face, Gallery


def finding(part: str, gallery: Path | None = None) -> Finding:
    [found] = [found for found in examine(gallery) if found.part.startswith(part)]
    return found


@pytest.fixture(autouse=True)
def _no_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_open_detector", lambda: "embedded")
    monkeypatch.setattr(doctor, "_open_family", lambda family: family)


@pytest.mark.parametrize("part", ["numpy", "opencv", "av", "onnxruntime", "pyzmq", "detector", "processor"])
def test_what_is_installed_here_is_good(part: str) -> None:
    found = finding(part)
    assert found.health is Health.GOOD
    assert found.found
    assert not found.advice


def test_a_shared_library_that_the_system_lacks_is_named_with_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise ImportError("libGL.so.1: cannot open shared object file")

    monkeypatch.setattr(doctor, "import_module", fail)
    found = finding("opencv")
    assert found.health is Health.BROKEN
    assert "libGL.so.1" in found.found
    assert "apt install libgl1" in found.advice


def test_two_builds_of_one_package_are_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_version", lambda name: "4.10" if "opencv" in name else "1")
    assert "pip uninstall opencv-python-headless opencv-contrib-python" in finding("opencv").advice


def test_a_model_that_cannot_be_opened_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(family: str) -> str:
        raise FileNotFoundError(f"{family}.onnx: no such model file")

    monkeypatch.setattr(doctor, "_open_family", fail)
    found = finding("recogniser base")
    assert (found.health, found.found) == (Health.BROKEN, "base.onnx: no such model file")


def unit_face(place: int) -> Face:
    return Face(np.eye(8, dtype=np.float32)[place], f"{place}.jpg", f"{place:064x}")


class Usage(NamedTuple):
    free: int


def test_a_full_disk_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda place: Usage(1_000_000))
    assert finding("disk").health is Health.BROKEN


@pytest.mark.parametrize(
    ("kernel", "health", "found"),
    [
        (None, Health.GOOD, "does not tell"),
        (KernelClock(0x2001, 0.0123, 0), Health.GOOD, "off by at most 0.012 s"),
        (KernelClock(0x2001, 3.5, 0), Health.MISSING, "may be off by 3.5 s"),
        (KernelClock(0x40, 16.0, 5), Health.MISSING, "no time server sets"),
    ],
)
def test_a_clock_that_may_be_off_is_said(
    monkeypatch: pytest.MonkeyPatch, kernel: KernelClock | None, health: Health, found: str
) -> None:
    monkeypatch.setattr(clocks, "read_kernel", lambda: kernel)
    assert finding("clock").health is health
    assert found in finding("clock").found


def test_no_display_and_no_webcam_are_only_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert finding("display").health is Health.MISSING
    monkeypatch.setattr(Path, "glob", lambda self, pattern: iter(()))
    assert finding("webcams").health is Health.MISSING


def test_a_gallery_is_counted_and_its_broken_faces_are_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "people.db"
    with Gallery(path, create=True) as gallery:
        gallery.add("Ada", unit_face(0), model_id="m")
        gallery.add("Bob", unit_face(1), model_id="m")
    assert "2 people, 2 faces, model m" in finding("gallery people.db", path).found
    with sqlite3.connect(path) as database:
        database.execute("UPDATE faces SET vector = zeroblob(length(vector)) WHERE rowid = 1")
    database.close()
    found = finding("gallery people.db", path)
    assert found.health is Health.BROKEN
    assert "1 of 2 faces cannot be used" in found.found


def test_a_gallery_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    assert finding("gallery", tmp_path / "none.db").health is Health.BROKEN
