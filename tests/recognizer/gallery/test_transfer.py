"""Export and import: complete, private, and refused when damaged."""

import hashlib
import stat
from pathlib import Path

import msgspec
import numpy as np
import pytest

from recognizer.gallery import Face, Gallery
from recognizer.gallery.transfer import export_gallery, import_gallery, read_export

CHIPS = (None, bytes(range(256)))


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    rows = np.eye(8, dtype=np.float32)
    with Gallery(tmp_path / "a.db", create=True) as gallery:
        for number in range(5):
            gallery.add(
                f"Zoë {number // 2}",
                Face(rows[number], f"{number}.jpg", f"s{number}", "d", 30, 0.5, 9, chip=CHIPS[number % 2]),
                model_id="m",
            )
        assert export_gallery(gallery, tmp_path / "g.jsonl") == 5
    return tmp_path / "g.jsonl"


def test_an_import_restores_every_exported_face(tmp_path: Path, exported: Path) -> None:
    with Gallery(tmp_path / "a.db") as source, Gallery(tmp_path / "b.db", create=True) as target:
        assert import_gallery(target, exported) == (5, 0)
        assert import_gallery(target, exported) == (0, 5)
        for (name, face), (imported_name, imported) in zip(source.faces(), target.faces(), strict=True):
            assert name == imported_name
            np.testing.assert_array_equal(face.vector, imported.vector)
            assert (face.source, face.sha256, face.added_at) == (imported.source, imported.sha256, imported.added_at)
            assert (face.length, face.chip) == (imported.length, imported.chip)
        assert [face.chip for _, face in target.faces()] == [CHIPS[number % 2] for number in range(5)]
        assert not list(tmp_path.glob("*.partial"))


def test_only_the_owner_may_read_gallery_and_export(tmp_path: Path, exported: Path) -> None:
    with Gallery(tmp_path / "a.db") as gallery:
        gallery.add("x", Face(np.eye(8, dtype=np.float32)[6], "x", "x"), model_id="m")  # makes SQLite create its log
        files = [tmp_path / "a.db", tmp_path / "a.db-wal", exported]
        assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600] * 3


def test_a_failed_export_leaves_no_copy(tmp_path: Path, exported: Path) -> None:
    (tmp_path / "folder").mkdir()
    with Gallery(tmp_path / "a.db") as gallery, pytest.raises(OSError, match="folder"):
        export_gallery(gallery, tmp_path / "folder")
    assert not list(tmp_path.glob("*.partial"))


def test_another_models_export_is_refused(tmp_path: Path, exported: Path) -> None:
    with Gallery(tmp_path / "b.db", create=True) as gallery:
        gallery.add("x", Face(np.eye(8, dtype=np.float32)[0], "x", "x"), model_id="other")
        with pytest.raises(ValueError, match=r"expected vectors of model other, .* got vectors of model m"):
            import_gallery(gallery, exported)
        assert len(gallery.people()) == 1


def test_a_damaged_file_is_refused(tmp_path: Path, exported: Path) -> None:
    complete = exported.read_bytes()
    lines = complete.splitlines(keepends=True)
    for damaged in (
        b"",
        b"{}",
        complete[:-200],
        b"".join(lines[:-1]),
        b"".join(lines[:2] + lines[3:]),
        complete.replace(b"Zo", b"Xo", 1),
    ):
        exported.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"import g\.jsonl"):
            read_export(exported)


def test_a_newer_format_is_refused(exported: Path) -> None:
    lines = exported.read_bytes().splitlines()
    header = msgspec.json.decode(lines[0]) | {"version": 3}
    exported.write_bytes(b"\n".join([msgspec.json.encode(header), *lines[1:]]))
    with pytest.raises(ValueError, match="expected glimpse-gallery version 2, got glimpse-gallery version 3"):
        read_export(exported)


VERSION_1 = (
    b'{"format":"glimpse-gallery","version":1,"model_id":"m","faces":1}\n'
    b'{"person":"Ada","vector":"AACAPwAAAAA=","source":"x.jpg","sha256":"s","detector":"d","face_px":30.0,'
    b'"quality":0.5,"added_at":9.0}\n'
)


def test_a_file_of_version_1_is_imported_without_chips(tmp_path: Path) -> None:
    trailer = msgspec.json.encode({"checksum": hashlib.sha256(VERSION_1).hexdigest()})
    (tmp_path / "old.jsonl").write_bytes(VERSION_1 + trailer + b"\n")
    with Gallery(tmp_path / "g.db", create=True) as gallery:
        assert import_gallery(gallery, tmp_path / "old.jsonl") == (1, 0)
        ((name, face),) = gallery.faces()
    assert (name, face.vector.tolist(), face.added_at, face.chip) == ("Ada", [1.0, 0.0], 9.0, None)


def test_an_empty_gallery_is_exported_and_imported(tmp_path: Path) -> None:
    with Gallery(tmp_path / "e.db", create=True) as gallery:
        assert export_gallery(gallery, tmp_path / "e.jsonl") == 0
        assert import_gallery(gallery, tmp_path / "e.jsonl") == (0, 0)
