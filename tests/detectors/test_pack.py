"""InsightFace packs: on disk, missing, and downloaded by a fake insightface."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from detectors.pack import detection_model
from tests.detectors.scrfd_network import write_scrfd
from tests.synthetic.networks import write_recognizer


def write_pack(folder: Path) -> Path:
    """Write a pack as it is unpacked: a detector, a recogniser and a broken file."""
    folder.mkdir(parents=True)
    write_recognizer(folder / "a_recognition.onnx")
    (folder / "b_broken.onnx").write_bytes(b"half a download")
    return write_scrfd(folder / "det_500m.onnx", batch_axis=False, names=("?", "?"))


def install_fake_insightface(monkeypatch: pytest.MonkeyPatch, ensure_available: object) -> None:
    """Install a fake insightface module."""
    storage = ModuleType("insightface.utils.storage")
    storage.ensure_available = ensure_available  # type: ignore[attr-defined]
    for name in ("insightface", "insightface.utils"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "insightface.utils.storage", storage)


def test_the_detector_of_a_folder_is_found(tmp_path: Path) -> None:
    file = write_pack(tmp_path / "pack")
    assert detection_model(str(tmp_path / "pack")) == file


def test_a_pack_on_disk_needs_no_insightface(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "insightface", None)
    file = write_pack(tmp_path / "models" / "buffalo_s" / "buffalo_s")  # some packs unzip one folder deeper
    assert detection_model("buffalo_s", home=tmp_path) == file


def test_a_missing_insightface_is_reported_with_the_package_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "insightface", None)
    with pytest.raises(FileNotFoundError, match=r"pack:buffalo_s is not in .*pip install insightface"):
        detection_model("buffalo_s", home=tmp_path)


def test_the_licence_terms_are_printed_before_the_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printed: list[str] = []

    def download(kind: str, name: str, root: str) -> str:
        printed.append(capsys.readouterr().err)
        sys.stdout.write("download_path: …\n")
        write_pack(Path(root) / kind / name)
        return str(Path(root) / kind / name)

    install_fake_insightface(monkeypatch, download)
    assert detection_model("buffalo_s", home=tmp_path).name == "det_500m.onnx"
    assert "non-commercial research only" in printed[0]
    assert capsys.readouterr().out == "", "standard output is reserved for events"


def test_a_failed_download_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def download(kind: str, name: str, root: str) -> str:
        raise ConnectionError("no route to host")

    install_fake_insightface(monkeypatch, download)
    with pytest.raises(
        FileNotFoundError, match=r"could not be downloaded \(ConnectionError: no route to host\); unpack"
    ):
        detection_model("buffalo_s", home=tmp_path)


def test_folders_without_a_detector_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"found no \.onnx file"):
        detection_model(str(tmp_path))
    write_recognizer(tmp_path / "w600k.onnx")
    with pytest.raises(ValueError, match=r"expected an SCRFD face detector .* found w600k\.onnx"):
        detection_model(str(tmp_path))
    with pytest.raises(FileNotFoundError, match="no such folder of a model pack"):
        detection_model(str(tmp_path / "missing"))
    with pytest.raises(ValueError, match="got nothing after the colon"):
        detection_model("")
